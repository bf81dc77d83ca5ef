from __future__ import annotations

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.peers.naive_views"
