"""What a visit was like for who lived through it: steps → perceived wait → score → emotion curve.

Pure functions over arrays, with no clock and no market: they know a map's plan, the steps that an engine
made of it and the rules by which people judge.
"""
