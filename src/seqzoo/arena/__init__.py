"""Comparisons of models on the same ground."""
