from __future__ import annotations


class EmbeddedError(Exception):
    """Something a person must put right; the message is one sentence for that person."""
