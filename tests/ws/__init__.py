"""What WebSocket clients see: sessions without sockets, then both ports."""
