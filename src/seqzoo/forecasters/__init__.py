"""Forecasters without training: references, their floors, roll-outs, and whether a window lies outside training."""
