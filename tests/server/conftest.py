from support.serving import client, start

__all__ = ["client", "start"]
