"""The arena's questions, a file each: what is run, how it is measured, what it comes to."""
