"""What makes a campaign one of its kind: the event that it cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from campaigns.choices import CampaignKind, EffectKind, EventKind
from campaigns.errors import BadCampaign

if TYPE_CHECKING:
    from campaigns.rules.checking import CleanRule

# At least one of them.
EVENTS_OF = {
    CampaignKind.CLAIM_PAGE: (EventKind.JOINED,),
    # The coupon has to be in the customer's hands before the payment that it makes cheaper.
    CampaignKind.SPEND_AND_SAVE: (EventKind.JOINED,),
    CampaignKind.SPEND_AND_GET: (EventKind.PAYMENT, EventKind.BILL_PAID),
    CampaignKind.ACTIVATION_GIFT: (
        EventKind.ACTIVATION, EventKind.FIRST_SIGN_IN, EventKind.CARD_BOUND,
    ),
}  # fmt: skip
COUPON_EFFECTS = (EffectKind.GRANT_COUPON, EffectKind.GRANT_FROM_POOL)


def check_fitting(kind: str, rule: CleanRule) -> None:
    """Raises ``BadCampaign`` naming the field."""
    wanted = EVENTS_OF[CampaignKind(kind)]
    if not any(event in rule.events for event in wanted):
        words = _(" or ").join(f"“{event.label}”" for event in wanted)
        raise BadCampaign(
            _("A campaign of the kind “%(kind)s” needs the event %(events)s.")
            % {"kind": CampaignKind(kind).label, "events": words},
            field="events",
        )
    gives_coupons = any(effect["kind"] in COUPON_EFFECTS for effect in rule.effects)
    if kind == CampaignKind.SPEND_AND_SAVE and not gives_coupons:
        raise BadCampaign(
            _("A campaign of the kind “%(kind)s” gives a coupon; add that reward.")
            % {"kind": CampaignKind(kind).label},
            field="effects",
        )
