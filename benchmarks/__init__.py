"""What the server costs and how it compares, measured against running processes."""
