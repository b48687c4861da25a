"""What travels: messages, their names and sizes, their one encoding, and the errors."""
