"""Where drafts stand, computed in SQL from their last publication, open reviews and the clock.

``stage`` tells what customers have: a live piece whose next version is in review is live. The
in-review filter and count go by ``in_review``, so such a piece counts in both.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from approvals.models import Request
from publishing.choices import PublicationAction, RequestKind, Stage
from publishing.models import Publication
from publishing.registry import ContentKind

Drafts = TypeVar("Drafts", bound=Model)
REACHING_CUSTOMERS = (Stage.LIVE, Stage.SCHEDULED)


def with_stage(queryset: QuerySet[Drafts], kind: ContentKind, at: datetime) -> QuerySet[Drafts]:
    """Adds ``stage``, ``in_review``, ``edited_since`` (the draft is newer than what customers have)
    and ``published_version``."""
    newest = _newest(kind)
    return queryset.alias(
        published_stage=Subquery(
            newest.annotate(stage=_stage_of_publication(at)).values("stage")[:1]
        ),
        published_draft=Subquery(newest.values("draft_version")[:1]),
    ).annotate(
        in_review=Exists(_open_review(kind)),
        published_version=Subquery(newest.values("version")[:1]),
        stage=_stage_of_draft(),
        edited_since=Case(
            When(
                Q(published_stage__in=REACHING_CUSTOMERS) & ~Q(published_draft=F("version")),
                then=Value(True),
            ),
            default=Value(False),
        ),
    )


def stage_condition(stage: str) -> Q:
    """The condition of one status tab, on a queryset that went through ``with_stage``."""
    return Q(in_review=True) if stage == Stage.IN_REVIEW else Q(stage=stage)


def stage_counts(queryset: QuerySet[Any], kind: ContentKind, at: datetime) -> dict[str, int]:
    """Counts for the status tabs, in one query; ``all`` counts everything once."""
    counters = {
        f"count_{stage}": Count("pk", filter=stage_condition(stage)) for stage in Stage.values
    }
    found = with_stage(queryset.order_by(), kind, at).aggregate(all=Count("pk"), **counters)
    return {"all": found["all"], **{stage: found[f"count_{stage}"] for stage in Stage.values}}


def _newest(kind: ContentKind) -> QuerySet[Publication]:
    return Publication.objects.filter(kind=kind.name, target_id=OuterRef("uid")).order_by(
        "-version"
    )


def _open_review(kind: ContentKind) -> QuerySet[Request]:
    return Request.objects.pending().filter(
        kind=RequestKind.PUBLICATION,
        target_kind=kind.target_kind,
        target_id=Cast(OuterRef("uid"), CharField()),
    )


def _stage_of_publication(at: datetime) -> Case:
    return Case(
        When(action=PublicationAction.WITHDRAW, then=Value(Stage.WITHDRAWN)),
        When(ends_at__lte=at, then=Value(Stage.ENDED)),
        When(starts_at__gt=at, then=Value(Stage.SCHEDULED)),
        default=Value(Stage.LIVE),
        output_field=CharField(),
    )


def _stage_of_draft() -> Case:
    return Case(
        When(published_stage__in=REACHING_CUSTOMERS, then=F("published_stage")),
        When(in_review=True, then=Value(Stage.IN_REVIEW)),
        default=Coalesce(F("published_stage"), Value(Stage.DRAFT)),
        output_field=CharField(),
    )
