"""What holds for a placement in the current schema: the catalogue, and the governed settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from announcements.appearance.resolving import place_of
from announcements.catalogue.models import Placement
from announcements.choices import ALWAYS_CLOSABLE, PlacementCode
from announcements.errors import BadContent
from audit.context import current_schema
from operators.roles import is_platform
from publishing.governed.reading import effective_values

GROUP = "placements"


@dataclass(frozen=True, slots=True)
class PlacementRules:
    code: str
    label: str
    width: int
    height: int
    slots: int
    province_slots: frozenset[int]
    daily_cap: int | None
    closable: bool
    enabled: bool = True

    @property
    def open_slots(self) -> list[int]:
        """The slots that a maker of the current schema may ask for."""
        of_province = is_platform(current_schema())
        return [
            slot
            for slot in range(1, self.slots + 1)
            if (slot in self.province_slots) == of_province
        ]


def rules_of(code: str) -> PlacementRules:
    found = Placement.objects.filter(code=code).first()
    if found is None:
        raise BadContent(
            _("The platform has not set up this placement yet. Choose another one."),
            field="placement",
        )
    return _rules(found, effective_values(GROUP))


def all_rules() -> list[PlacementRules]:
    settings = effective_values(GROUP)
    return [_rules(placement, settings) for placement in Placement.objects.all()]


def link_hosts() -> list[str]:
    """The current schema's allow-list of hosts."""
    return list(effective_values(GROUP)["link_hosts"])


def _rules(placement: Placement, values: Mapping[str, Any]) -> PlacementRules:
    place = place_of(
        values,
        placement.code,
        slots=placement.slots,
        province_slots=placement.province_slots,
        daily_cap=placement.daily_cap,
    )
    return PlacementRules(
        code=placement.code,
        label=str(placement),
        width=placement.width,
        height=placement.height,
        slots=place.slots,
        province_slots=place.province_slots,
        daily_cap=place.daily_cap,
        closable=placement.must_close or placement.code in ALWAYS_CLOSABLE,
        enabled=place.is_enabled,
    )


def check_slot(rules: PlacementRules, slot: int | None) -> None:
    if slot is None or slot in rules.open_slots:
        return
    if not 1 <= slot <= rules.slots:
        raise _slot_refused(
            _("%(placement)s has %(slots)s slots; there is no slot %(slot)s.")
            % {"placement": rules.label, "slots": rules.slots, "slot": slot}
        )
    free = slots_text(rules.open_slots) or _("none")
    if is_platform(current_schema()):
        sentence = _("Slot %(slot)s belongs to the banks. The province's slots here: %(free)s.")
    else:
        sentence = _("Slot %(slot)s is the province's. Slots that the bank may use: %(free)s.")
    raise _slot_refused(sentence % {"slot": slot, "free": free})


def slots_text(slots: Iterable[int]) -> str:
    return _(", ").join(map(str, slots))


def _slot_refused(sentence: str) -> BadContent:
    return BadContent(sentence, field="slot", code="bad_slot")


def label_of(code: str) -> str:
    """Its name, also when it is no longer in the catalogue."""
    known = PlacementCode.values
    return str(PlacementCode(code).label) if code in known else code
