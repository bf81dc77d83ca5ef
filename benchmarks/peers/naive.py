"""The peer: the same home the way it is usually written, with the ORM and DRF's serializers.

Publications are read from the database at each request, every rule is asked of every item, and the
answer goes through the serializers that the channel API's document declares.
"""

from __future__ import annotations

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.peers.naive_settings"

from config.wsgi import application

__all__ = ["application"]
