"""What the page of one published version says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from approvals.registry import DiffRow
from publishing import differences, envelopes, registry
from publishing.choices import PublicationAction, Stage
from publishing.models import Publication
from publishing.takedown_cases import Case, case_of
from publishing.takedowns import PERMISSION as WITHDRAW_NOW

if TYPE_CHECKING:
    from operators.models import Operator

LABELS = {
    Stage.LIVE: "success",
    Stage.SCHEDULED: "info",
    Stage.ENDED: "default",
    Stage.WITHDRAWN: "danger",
}


@dataclass(frozen=True, slots=True)
class History:
    publication: Publication
    kind_label: Any
    # Against the version before it.
    rows: list[DiffRow]
    versions: list[Publication]
    is_newest: bool
    stage: Stage
    may_roll_back: bool
    may_request_withdrawal: bool
    may_withdraw_now: bool
    # The emergency take-down that this version is, with its review.
    takedown: Case | None

    @property
    def is_first(self) -> bool:
        return self.publication.version == 1

    @property
    def stage_label(self) -> str:
        return LABELS[self.stage]


def history_of(publication: Publication, operator: Operator, at: datetime) -> History:
    content = registry.get(publication.kind)
    versions = list(
        Publication.objects.of_target(publication.kind, publication.target_id)
        .order_by("-version")
        .defer("payload")
    )
    newest = versions[0]
    previous = Publication.objects.of_target(publication.kind, publication.target_id).filter(
        version=publication.version - 1
    )
    may_change = operator.has_perm(content.change_permission)
    reaches = stage_of(newest, at) in (Stage.LIVE, Stage.SCHEDULED)
    is_newest = newest.pk == publication.pk
    can_return = publication.action != PublicationAction.WITHDRAW and not _ended(publication, at)
    return History(
        publication=publication,
        kind_label=content.label,
        rows=differences.rows(
            envelopes.of_publication(previous.first()), envelopes.of_publication(publication)
        ),
        versions=versions,
        is_newest=is_newest,
        stage=stage_of(publication, at),
        may_roll_back=may_change and not is_newest and can_return,
        may_request_withdrawal=may_change and is_newest and reaches,
        may_withdraw_now=operator.has_perm(WITHDRAW_NOW) and is_newest and reaches,
        takedown=case_of(publication, at),
    )


def stage_of(publication: Publication, at: datetime) -> Stage:
    """As if it were the newest of its piece."""
    if publication.action == PublicationAction.WITHDRAW:
        return Stage.WITHDRAWN
    if _ended(publication, at):
        return Stage.ENDED
    assert publication.starts_at is not None
    return Stage.SCHEDULED if publication.starts_at > at else Stage.LIVE


def _ended(publication: Publication, at: datetime) -> bool:
    return publication.ends_at is not None and publication.ends_at <= at
