"""Tests of the command line, each with real processes and most on a real terminal."""
