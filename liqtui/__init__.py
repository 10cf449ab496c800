"""liqtui: a terminal monitor of where leveraged crypto perpetual positions would be liquidated."""

__version__ = "0.1.0"
