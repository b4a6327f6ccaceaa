"""The command line: parses arguments, calls one function, prints.

Owns the commands, their exit codes, the tables and messages on the terminal.

Must not compute anything that Python code could not get without it.
"""
