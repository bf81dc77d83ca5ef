from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.querysets import AppendOnlyQuerySet
from operators.querysets import branch_scope
from publishing import registry
from publishing.choices import PublicationAction

if TYPE_CHECKING:
    from operators.models import Operator
    from publishing.models import Publication

NOT_WITHDRAWN = ~Q(action=PublicationAction.WITHDRAW)


class ForbiddenWordQuerySet(QuerySet):
    def in_force(self) -> ForbiddenWordQuerySet:
        return self.filter(is_active=True).order_by("severity", "word")


class PublicationQuerySet(AppendOnlyQuerySet):
    def of_target(self, kind: str, target_id: object) -> PublicationQuerySet:
        return self.filter(kind=kind, target_id=target_id)

    def latest_of(self, target_id: object) -> Publication | None:
        """The last word on one piece of content, a withdrawal included."""
        found: Any = self.filter(target_id=target_id).order_by("-version").first()
        return found

    def newest(self, at: datetime | None = None) -> PublicationQuerySet:
        """The last publication of each piece, as of ``at``; withdrawals included."""
        if at is None:
            return self.filter(is_newest())
        return self.filter(is_newest(published_at__lte=at), published_at__lte=at)

    def reaching(self, at: datetime) -> PublicationQuerySet:
        """Neither withdrawn nor ended."""
        return self.filter(is_reaching(at))

    def current(self, at: datetime) -> PublicationQuerySet:
        """What the edition holds: live now or scheduled, by today's publications."""
        return self.newest().reaching(at)

    def live(self, at: datetime) -> PublicationQuerySet:
        return self.current(at).filter(starts_at__lte=at)

    def shown(self) -> PublicationQuerySet:
        """Pieces that customers look at; settings and orders only shape what they see."""
        return self.filter(kind__in=[kind.name for kind in registry.kinds() if kind.is_shown])

    def starting(self, after: datetime, until: datetime) -> PublicationQuerySet:
        return self.current(after).filter(starts_at__gt=after, starts_at__lte=until)

    def ending(self, after: datetime, until: datetime) -> PublicationQuerySet:
        return self.live(after).filter(ends_at__lte=until)

    def live_at(self, at: datetime) -> PublicationQuerySet:
        """What customers saw at that moment, by the publications of that moment."""
        return self.newest(at).reaching(at).filter(starts_at__lte=at)

    def in_scope_of(self, operator: Operator) -> PublicationQuerySet:
        return self.filter(branch_path__startswith=branch_scope(operator))


# The same words as conditions, for the tabs of the list.
def is_newest(**among: Any) -> Q:
    """No later publication of the same piece, among those of ``among``."""
    later = apps.get_model("publishing.Publication").objects.filter(
        target_id=OuterRef("target_id"), kind=OuterRef("kind"), version__gt=OuterRef("version")
    )
    return Q(~Exists(later.filter(**among)))


def is_reaching(at: datetime) -> Q:
    return NOT_WITHDRAWN & (Q(ends_at=None) | Q(ends_at__gt=at))
