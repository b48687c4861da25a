"""Proof by crashing: what a daemon has acknowledged outlives its being killed."""
