"""Attacks from outside on a real daemon; each test's docstring says what it tries."""
