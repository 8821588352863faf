"""Numbers, whoever made them: reading, windows, scaling. NumPy only."""
