"""Scenes of which no campaign rewards anything: a gift may not be tied to a deposit (notice 48 of
2018), neither by a condition that names the scene nor by one that is missing."""

from __future__ import annotations

from announcements.catalogue.models import AppFunction
from announcements.choices import FunctionGroup
from coupons.choices import Scene
from coupons.terms.scenes import FUNCTION


def deposit_scenes() -> frozenset[str]:
    codes = AppFunction.objects.filter(group=FunctionGroup.DEPOSIT).values_list("code", flat=True)
    return frozenset({Scene.DEPOSIT.value, *(f"{FUNCTION}{code}" for code in codes)})
