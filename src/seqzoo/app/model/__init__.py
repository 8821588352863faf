"""The page of a model: a head with its facts, and one view for each way to use it."""
