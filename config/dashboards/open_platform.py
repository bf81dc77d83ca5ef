"""What of the open platform asks for this operator's attention, above either workbench."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.dashboards.figures import link_to
from openapi_gateway.access.inbox import returned_to_us, waiting_for
from openapi_gateway.access.offer import unread_deprecations

APPLICATIONS = "gateway_access_application_changelist"


@dataclass(frozen=True, slots=True)
class Hint:
    sentence: str
    link: str


def hints_for_platform(request: HttpRequest, at: datetime) -> list[Hint]:
    operator: Any = request.user
    waiting = waiting_for(operator, at).count()
    if not waiting:
        return []
    sentence = _("Access applications wait for your review: %(number)s") % {"number": waiting}
    return [Hint(sentence, link_to(APPLICATIONS, "tab=waiting"))]


def hints_for_bank(request: HttpRequest, at: datetime) -> list[Hint]:
    operator: Any = request.user
    hints = []
    if operator.has_perm("gateway_access.change_application"):
        returned = returned_to_us(at).count()
        if returned:
            sentence = _("Access applications were returned to be mended: %(number)s")
            hints.append(Hint(sentence % {"number": returned}, link_to(APPLICATIONS, "tab=ours")))
    if operator.has_perm("gateway_access.submit_application"):
        sentence = _("“%(version)s” ends on %(day)s: acknowledge it and change over in time")
        hints += [
            Hint(
                sentence % {"version": version, "day": version.sunset_on},
                link_to("gateway_access_offer"),
            )
            for version in unread_deprecations(request.tenant)  # type: ignore[attr-defined]
        ]
    return hints
