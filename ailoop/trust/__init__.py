"""Cryptography that agents, people and the daemon share: keys, receipts, sealed content."""
