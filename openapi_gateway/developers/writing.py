from __future__ import annotations

from typing import Any

import yaml


class _Plain(yaml.SafeDumper):
    """Without anchors: what comes twice is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def as_yaml(document: dict[str, Any]) -> str:
    text: str = yaml.dump(document, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=100)
    return text
