"""The page /series: a file or a series of the collection, the doctor's report on it, and a training."""
