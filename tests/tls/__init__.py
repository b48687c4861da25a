"""TLS: real certificates by an authority of the tests, real daemons, real sockets."""
