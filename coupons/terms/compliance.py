"""What the compliance check looks at in a coupon template."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from coupons.choices import Scene
from coupons.terms.scenes import FUNCTION, describe_scene
from publishing.compliance.subjects import Link, Subject, leads_to_deposit, only

if TYPE_CHECKING:
    from publishing.envelopes import Envelope


def describe(envelope: Envelope) -> Subject:
    payload = envelope["payload"]
    return Subject(
        texts=only([(gettext_lazy("merchant"), payload["bearers"].get("merchant_name", ""))]),
        rules=payload["rules"],
        is_gift=True,
        deposit_ties=tuple(
            _("scene: %(scene)s") % {"scene": describe_scene(scene)}
            for scene in payload["scenes"]
            if is_of_deposits(scene)
        ),
    )  # fmt: skip


def is_of_deposits(scene: str) -> bool:
    if scene.startswith(FUNCTION):
        return leads_to_deposit(Link("function", scene.removeprefix(FUNCTION)))
    return scene == Scene.DEPOSIT
