"""What is painted, cut down to what the terminal does not show yet."""
