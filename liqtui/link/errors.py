"""How a conversation between engine and viewer fails."""


class ProtocolError(Exception):
    """The other side sent what this side cannot read."""


class Hangs(Exception):
    """The engine is there and does not speak."""


class Refused(Exception):
    """The engine will not serve this viewer; the text says why."""
