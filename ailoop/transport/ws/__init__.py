"""WebSocket sessions and the sockets that carry them."""
