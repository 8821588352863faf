from support.serving import start
from support.terminal import terminal

__all__ = ["start", "terminal"]
