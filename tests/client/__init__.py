"""The client against a real daemon, over each of its transports."""
