"""From a context to a forecast, without training: references, floors, roll-outs, and what a signal makes familiar."""
