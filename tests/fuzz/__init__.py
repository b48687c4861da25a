"""Inputs nobody thought of, for what reads what comes from outside.

In the tests Hypothesis makes some; ``python -m tests.fuzz --count 1000000`` makes a great many.
"""
