"""Several pieces of content chosen at once: which of them a verb takes, and why not the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from operators.querysets import branch_scope
from publishing import errors, registry
from publishing.choices import PublicationAction
from publishing.models import Publication

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from operators.models import Operator

# (kind of content, id of the piece)
Chosen = tuple[str, object]
Refusal = Callable[[Publication], "str | Promise"]
# A request that a person can still read line by line, and a lock that is not held for long.
MOST = 200


@dataclass(frozen=True, slots=True)
class Skipped:
    title: str
    reason: str | Promise


@dataclass(frozen=True, slots=True)
class Selection:
    taken: list[Publication]
    skipped: list[Skipped]


def select(
    *, actor: Operator, chosen: Iterable[Chosen], at: datetime, refusal: Refusal
) -> Selection:
    """The newest publications of the chosen pieces that reach customers, are within the actor's
    branch, and are not refused."""
    wanted = list(dict.fromkeys((kind, str(target_id)) for kind, target_id in chosen))
    if len(wanted) > MOST:
        raise errors.TooMany(
            _("These are %(count)d; choose at most %(most)d at once.")
            % {"count": len(wanted), "most": MOST}
        )
    newest = _newest(target_id for _kind, target_id in wanted)
    drafts = _drafts(wanted, newest)
    taken: list[Publication] = []
    skipped: list[Skipped] = []
    for key in wanted:
        publication, scope = newest.get(key), branch_scope(actor)
        if publication is None:
            skipped.append(_never_published(drafts.get(key), scope))
        elif not publication.branch_path.startswith(scope):
            skipped.append(_of_another_branch())
        elif reason := _standing(publication, at) or refusal(publication):
            skipped.append(Skipped(publication.title, reason))
        else:
            taken.append(publication)
    return Selection(taken, skipped)


def require_some(selection: Selection) -> None:
    if not selection.taken:
        reasons = dict.fromkeys(str(each.reason) for each in selection.skipped)
        raise errors.NothingChosen(
            _("None of these can be taken off. %(reasons)s") % {"reasons": " ".join(reasons)}
        )


def _newest(ids: Iterable[str]) -> dict[tuple[str, str], Publication]:
    found = Publication.objects.newest().filter(target_id__in=list(ids))
    return {(each.kind, str(each.target_id)): each for each in found}


def _standing(publication: Publication, at: datetime) -> str | Promise:
    if publication.action == PublicationAction.WITHDRAW:
        return _("It has been withdrawn already.")
    if publication.ends_at is not None and publication.ends_at <= at:
        return _("Its period has ended; customers no longer see it.")
    return ""


def _drafts(wanted: Iterable[tuple[str, str]], known: Any) -> dict[tuple[str, str], Any]:
    """What has never been published is known by its draft."""
    missing: dict[str, list[str]] = {}
    for kind, target_id in wanted:
        if (kind, target_id) not in known:
            missing.setdefault(kind, []).append(target_id)
    return {
        (kind, str(draft.uid)): draft
        for kind, ids in missing.items()
        for draft in _by_uid(kind, ids)
    }


def _by_uid(kind: str, ids: list[str]) -> Iterable[Any]:
    drafts = registry.get(kind).model._default_manager.select_related("branch")
    return drafts.filter(uid__in=ids)


def _never_published(draft: Any, scope: str) -> Skipped:
    if draft is None:
        return Skipped("—", _("There is no such content."))
    if not (draft.branch.path if draft.branch is not None else "").startswith(scope):
        return _of_another_branch()
    return Skipped(draft.title, _("It is not published."))


def _of_another_branch() -> Skipped:
    """Without its title: that is another branch's business."""
    return Skipped("—", _("It belongs to another branch."))
