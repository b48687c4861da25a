"""What type checkers know of the client: three files that mypy reads, and what reads them."""
