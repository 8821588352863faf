"""`seqzoo` and `python -m seqzoo`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line. Ctrl-C while its modules are imported ends it as quietly as later."""
    try:
        from .cli import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("seqzoo: interrupted.\n")
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
