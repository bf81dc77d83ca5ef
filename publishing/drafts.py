"""What the services of every kind of drafts ask, and how a copy begins. Verbs, words and errors are
the room's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar

from django.utils.translation import gettext as _

from approvals.models import Request
from operators.permissions import require_branch
from publishing.models import Publication, Publishable

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.utils.functional import Promise

    from audit.errors import DomainError
    from operators.models import Operator

Draft = TypeVar("Draft", bound=Publishable)


def find(drafts: QuerySet[Draft], draft_id: int, unknown: type[DomainError]) -> Draft:
    draft = drafts.filter(pk=draft_id).first()
    if draft is None:
        raise unknown(_("This draft no longer exists."))
    return draft


def require_branch_of(actor: Operator, draft: Publishable) -> None:
    require_branch(actor, draft.branch.path if draft.branch is not None else "")


def is_published(draft: Publishable) -> bool:
    """Ever; also when it has been taken down since."""
    return Publication.objects.filter(target_id=draft.uid).exists()


def refuse_kept(
    draft: Publishable,
    kept: type[DomainError],
    *,
    published: str | Promise,
    in_review: str | Promise,
) -> None:
    """Raises ``kept`` for a draft that cannot be deleted. Its row is locked by now."""
    if is_published(draft):
        raise kept(published)
    if Request.objects.of_target(draft._meta.label_lower, draft.uid).pending().exists():
        raise kept(in_review)


# --- copies ---------------------------------------------------------------------------------------
class Planned(Protocol):
    """The content of a draft: a dataclass that says when customers see it."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime | None: ...


Content = TypeVar("Content", bound=Planned)


def copy_title(original: Publishable, most: int) -> str:
    return (_("%(title)s (copy)") % {"title": original.title})[:most]


def begun_again(content: Content, at: datetime, *along: str) -> Content:
    """The same lengths from now on, when its time has come already; ``along`` names the moments
    that move with start and end."""
    if content.starts_at > at:
        return content
    later = at - content.starts_at
    ends = {name: moved(getattr(content, name), later) for name in ("ends_at", *along)}
    return replace(content, starts_at=at, **ends)


def moved(moment: datetime | None, by: timedelta) -> datetime | None:
    return moment + by if moment is not None else None
