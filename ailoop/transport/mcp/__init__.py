"""The Model Context Protocol: the tools by which a model asks people.

No tool answers a prompt or approves anything. Whatever imports the SDK is loaded when it is
first used: it is an extra, and takes a second.
"""
