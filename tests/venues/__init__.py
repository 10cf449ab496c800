"""Venues on loopback: a world of markets served over TLS in the wire formats of the real venues."""
