"""Kinds of content that are published. A room registers its own in ``AppConfig.ready()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings

from audit.context import current_schema
from operators.roles import is_platform

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.functional import Promise

    from approvals.models import Request
    from approvals.registry import Confirmation
    from publishing.compliance.subjects import Subject
    from publishing.models import Publication, Publishable


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a payload as a checker reads it; ``html`` = sanitised markup."""

    key: str
    label: str | Promise
    text: str
    html: bool = False


def _show_all(payload: dict[str, Any]) -> list[Shown]:
    return [Shown(key, key, str(value)) for key, value in payload.items() if key != "schema"]


def _check_nothing(target_id: str, envelope: dict[str, Any], at: datetime) -> None:
    pass


def _nothing_to_confirm(payload: dict[str, Any]) -> list[Confirmation]:
    return []


def _ignore(publication: Publication) -> None:
    pass


@dataclass(frozen=True, slots=True)
class ContentKind:
    """``name`` stands in publications for ever; ``model_label`` names a Publishable."""

    name: str
    model_label: str
    label: str | Promise
    # The lines of a payload; title, period and the rest that all kinds share are shown anyway.
    show_payload: Callable[[dict[str, Any]], list[Shown]] = _show_all
    # Raises a DomainError when the envelope may not be published: at submission, and again under
    # the lock of the edition when it is approved, so that two that exclude each other cannot pass.
    check_envelope: Callable[[str, dict[str, Any], datetime], None] = _check_nothing
    # Only at submission: what may wait for review beside what else is waiting.
    check_submission: Callable[[str, dict[str, Any], datetime], None] = _check_nothing
    # What its checkers have to confirm, from the payload.
    confirmations: Callable[[dict[str, Any]], list[Confirmation]] = _nothing_to_confirm
    # What the compliance check looks at, from the envelope; None = shows customers nothing.
    compliance: Callable[[dict[str, Any]], Subject] | None = None
    # Called with each new publication (a withdrawal included), in its transaction.
    published: Callable[[Publication], None] = _ignore
    # Whether customers look at it, as at a notice; settings and orders only shape what they see.
    is_shown: bool = True
    # For content that the platform offers to banks: what a draft holds as plain JSON, and the
    # draft that an operator of the bank makes of it. None = not offered.
    offer_content: Callable[[Any], dict[str, Any]] | None = None
    accept_offer: Callable[..., Publishable] | None = None

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
# Says whom an audience rule means, one sentence per condition.
_audience_words: list[Callable[[dict[str, Any]], list[str]]] = []
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


def kinds_here() -> list[ContentKind]:
    """Those whose drafts lie in the current schema: the platform's lie in public, which every bank
    sees behind its own, and a bank's rooms are not there."""
    here = settings.SHARED_APPS if is_platform(current_schema()) else settings.TENANT_APPS
    return [kind for kind in kinds() if kind.model._meta.app_config.name in here]


def of_draft(draft: Publishable) -> ContentKind:
    return next(kind for kind in kinds() if kind.target_kind == draft._meta.label_lower)


def register_preview(address: Callable[[Request], str]) -> None:
    _previews[:] = [address]


def preview_address(request: Request) -> str:
    return _previews[0](request) if _previews else ""


def register_audience_words(words: Callable[[dict[str, Any]], list[str]]) -> None:
    """By the room of the customers, which stands above this one."""
    _audience_words[:] = [words]


def audience_words(rule: dict[str, Any]) -> list[str]:
    return _audience_words[0](rule) if _audience_words else [str(rule)]
