"""`python -m seqzoo`."""

from .cli import main

main()
