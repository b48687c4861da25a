"""Tests of what agents, people and the daemon share of cryptography."""
