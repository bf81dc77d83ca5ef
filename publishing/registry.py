"""Kinds of content that are published. A room registers its own in ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from approvals.models import Request
    from publishing.models import Publishable


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a payload as a checker reads it; ``html`` = sanitised markup."""

    key: str
    label: str | Promise
    text: str
    html: bool = False


def _show_all(payload: dict[str, Any]) -> list[Shown]:
    return [Shown(key, key, str(value)) for key, value in payload.items() if key != "schema"]


@dataclass(frozen=True, slots=True)
class ContentKind:
    """``name`` stands in publications for ever; ``model_label`` names a Publishable."""

    name: str
    model_label: str
    label: str | Promise
    # The lines of a payload; title, period and the rest that all kinds share are shown anyway.
    show_payload: Callable[[dict[str, Any]], list[Shown]] = _show_all

    @property
    def model(self) -> type[Publishable]:
        return apps.get_model(self.model_label)

    @property
    def target_kind(self) -> str:
        return self.model_label.lower()

    @property
    def change_permission(self) -> str:
        app_label, model_name = self.target_kind.split(".")
        return f"{app_label}.change_{model_name}"

    @property
    def change_view(self) -> str:
        """Name of the draft's page within an admin site."""
        return f"{self.target_kind.replace('.', '_')}_change"


_kinds: dict[str, ContentKind] = {}
# Gives the address of a page that shows the bank's home as if a request were approved.
_previews: list[Callable[[Request], str]] = []


def register(kind: ContentKind) -> ContentKind:
    if kind.name in _kinds and _kinds[kind.name].model_label != kind.model_label:
        raise ValueError(f"content kind {kind.name!r} is registered twice")
    _kinds[kind.name] = kind
    return kind


def unregister(name: str) -> None:
    _kinds.pop(name, None)


def get(name: str) -> ContentKind:
    return _kinds[name]


def kinds() -> list[ContentKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.name)


def of_draft(draft: Publishable) -> ContentKind:
    return next(kind for kind in kinds() if kind.target_kind == draft._meta.label_lower)


def register_preview(address: Callable[[Request], str]) -> None:
    _previews[:] = [address]


def preview_address(request: Request) -> str:
    return _previews[0](request) if _previews else ""
