"""A leaver's drafts go to a colleague."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from operators import leavers
from operators.errors import ColleagueNeeded
from publishing import registry
from publishing.services import hand_over_drafts

if TYPE_CHECKING:
    from operators.models import Operator


@leavers.register("publishing.drafts")
def move_drafts(*, actor: Operator, leaver: Operator, colleague: Operator | None) -> int:
    owned = sum(
        kind.model._default_manager.filter(owner=leaver).count() for kind in registry.kinds_here()
    )
    if owned == 0:
        return 0
    if colleague is None:
        raise ColleagueNeeded(
            _("%(name)s has %(count)d drafts. Name a colleague who takes them over.")
            % {"name": leaver, "count": owned}
        )
    return hand_over_drafts(actor=actor, leaver=leaver, colleague=colleague)
