"""What stands beside the phone: the choices, and the reckoning of what shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from announcements.appearance.resolving import OWN
from announcements.choices import PlacementCode
from customers.choices import CustomerGroup
from mobile.catalogue import skins
from mobile.feed.eligible import PLACEMENT
from mobile.preview.choices import CHOSEN, HOME, MONDAY, NOW, TONIGHT, to_text
from mobile.preview.people import FREE, NUMBERED, TYPES, age_of, ready_made
from mobile.preview.wallet import reasons_of
from mobile.preview.why import reckoning_of
from operators.models import Branch

if TYPE_CHECKING:
    from mobile.preview.scenes import Scene
    from operators.models import Operator
    from tenants.models import Bank
    from tenants.platform import Platform


def desk_context(scene: Scene, owner: Bank | Platform, operator: Operator) -> dict[str, Any]:
    choices, names = scene.choices, dict(CustomerGroup.choices)
    may_see_wallets = operator.has_perm("coupons.view_coupon")
    return {
        "scene": scene,
        "choices": choices,
        "owner": owner,
        "types": _types(owner, operator),
        "groups": CustomerGroup.choices,
        "tags": ";".join(choices.tags),
        "branches": [] if owner.is_platform else list(Branch.objects.visible_to(operator)),
        "skins": _skins(scene),
        "skin_refused": bool(choices.skin) and scene.home["skin"] != choices.skin,
        "moments": _moments(),
        "at_value": to_text(choices.at),
        "frame_query": choices.query(item=choices.item if choices.page else None, tap=None),
        "opening_query": choices.query(
            item=None, tap=None, page=HOME if choices.proposes else "", closed=frozenset()
        ),
        "zone_query": choices.query(item=None, tap=None, page="zone"),
        "campaigns_query": choices.query(item=None, tap=None, page="campaigns"),
        "wallet_query": choices.query(item=None, tap=None, page="wallet"),
        "claims_query": choices.query(item=None, tap=None, page="claims"),
        "coupon_reasons": reasons_of(scene) if may_see_wallets else None,
        "reckoning": reckoning_of(scene),
        "summary": summary_of(scene),
        "is_gone": scene.proposal is not None and scene.proposal.item is None,
        "person": scene.person,
        "age": age_of(scene.person.facts, scene.at),
        "group_names": [names.get(code, code) for code in sorted(scene.person.facts.groups)],
        "capped_places": _capped_places(scene),
    }


def _types(owner: Bank | Platform, operator: Operator) -> list[tuple[str, Any]]:
    """A customer by number: for those who may look customers up, and only inside a bank."""
    by_number = not owner.is_platform and operator.has_perm("customers.view_customer")
    return [(code, label) for code, label in TYPES.items() if code != NUMBERED or by_number]


def _skins(scene: Scene) -> list[tuple[str, str]]:
    own = [(OWN, _("The bank's own colours"))] if scene.feed.appearance["own_palette"] else []
    return [*own, *((skin.code, skin.name) for skin in skins().values())]


def _capped_places(scene: Scene) -> list[dict[str, Any]]:
    """Placements whose ads together are shown so often a day and no more."""
    counted = dict(scene.choices.shown)
    return [
        {
            "subject": f"{PLACEMENT}{code}",
            "label": PlacementCode(code).label,
            "cap": board.place.daily_cap,
            "shown_today": counted.get(f"{PLACEMENT}{code}", 0),
        }
        for code, board in scene.feed.boards.items()
        if board.place.daily_cap is not None
    ]


def _moments() -> list[tuple[str, str]]:
    return [
        (NOW, _("Now")),
        (TONIGHT, _("Tonight at 20:00")),
        (MONDAY, _("Next Monday at 9:00")),
        (CHOSEN, _("Another time")),
    ]


def summary_of(scene: Scene) -> str:
    """The choices in one line."""
    choices = scene.choices
    mode = _("Senior mode") if scene.mode == "senior" else _("Standard")
    when = to_text(choices.at).replace("T", " ") or _("Now")
    parts = [who_in_words(scene), mode, choices.branch.name if choices.branch else "", when]
    return " · ".join(part for part in parts if part)


def who_in_words(scene: Scene) -> str:
    choices = scene.choices
    typical = ready_made(choices.who)
    if typical is not None:
        return _("%(type)s customer, aged %(age)s") % {"type": typical.label, "age": typical.age}
    if choices.who == NUMBERED and choices.customer is not None:
        return _("Customer %(number)s") % {"number": choices.customer.number}
    return str(TYPES[FREE]) if choices.who == FREE else str(TYPES["visitor"])
