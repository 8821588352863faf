"""Numbers from any source: reading them from text, windows, scaling. NumPy only."""
