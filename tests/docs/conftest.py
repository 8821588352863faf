from serving import start
from terminal import terminal

__all__ = ["start", "terminal"]
