"""One file per architecture; `seqzoo.registry` finds them by name. See docs/conventions.md."""
