"""The page of a model: a head, and a view for each thing that can be done with it."""
