"""A leaver's requests do not wait for an answer that nobody will act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from approvals.kinds import role_change
from approvals.services import withdraw_open_requests, withdraw_requests_of
from operators import leavers

if TYPE_CHECKING:
    from operators.models import Operator


@leavers.register("approvals.requests")
def withdraw_requests(*, actor: Operator, leaver: Operator, colleague: Operator | None) -> int:
    withdrawn = withdraw_requests_of(actor=actor, maker=leaver, reason=_("The maker has left."))
    about_the_leaver = withdraw_open_requests(
        actor=actor,
        kind=role_change.NAME,
        target_kind=role_change.TARGET_KIND,
        target_id=leaver.pk,
        reason=_("The operator has left."),
    )
    return withdrawn + about_the_leaver
