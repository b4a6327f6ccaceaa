"""How fast journeysim is, beside textbook SimPy and Ciw, on the same two models in one go.

``python -m bench`` (``make bench``) times them in turn, checks that all tell the same waits, prints a table
and keeps the numbers in ``bench/results/``. The peers collect the same table of steps as journeysim.
"""
