"""Prompts that only named people can read."""
