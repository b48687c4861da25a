"""MCP: official clients over real processes and sockets; people answer over REST."""
