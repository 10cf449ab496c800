"""What the market says and what follows from it: numpy and the standard library only."""
