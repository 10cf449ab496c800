"""Arrays to terminal cells: pure functions."""
