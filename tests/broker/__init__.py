"""Tests of the broker, most of them on a virtual clock."""
