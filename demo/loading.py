"""Loads the demo province: safe to repeat, to interrupt and to resume; several banks at a time."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.timezone import localdate, make_aware

from announcements.catalogue.models import AppFunction, Skin
from announcements.catalogue.services import save_function, save_skin
from audit.models import AuditEvent
from audit.services import record
from demo import campus, events, filling, gateway_calls, people, province, zone_types
from demo.adverts import load_placements
from demo.campaigns import run_campaigns
from demo.gateway import load_applications
from demo.processes import Crew, crew, fill_bank, fill_products
from operators.models import Operator
from tenants.search_path import on_public
from tenants.template import current_replay

Report = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    banks: int
    filled: int
    activations: int


def is_begun() -> bool:
    return AuditEvent.objects.filter(event=events.STARTED).exists()


def is_loaded(banks: int) -> bool:
    """Whether a demo of at least so many banks has been loaded completely."""
    loaded = AuditEvent.objects.filter(event=events.LOADED).values_list("after", flat=True)
    return any(after["banks"] >= banks for after in loaded if after)


def load(*, count: int, jobs: int, report: Report) -> Outcome:
    """Needs the public schema up to date (upgrade_banks)."""
    rows = province.banks(count)
    hashes = _hashes()
    at = filling.now()
    with on_public():
        staff = filling.ensure_staff(hashes)
        _load_catalogues(staff["operator"])
        filling.fill_platform(staff, at)
        current_replay()  # once, before several processes want it
        with crew(jobs) as together:
            filled = _fill(together, rows, hashes, at, report)
            opened = zone_types.open_types(staff["operator"], [row.slug for row in rows], at)
            list(together.each(fill_products, rows, at))
            run_campaigns(staff, rows, at, together)
        campus.fill_schools(rows, at)
        load_applications([row.slug for row in rows], at)
        # Of the clients that there are: after all that makes them.
        gateway_calls.fill_everywhere(at)
        with transaction.atomic():
            record(events.LOADED, actor=None, after={"banks": len(rows), "filled": filled})
    return Outcome(len(rows), filled, opened)


def _fill(
    together: Crew, rows: list[province.BankRow], hashes: people.Hashes, at: datetime,
    report: Report,
) -> int:  # fmt: skip
    filled = 0
    for done, was_filled in enumerate(together.each(fill_bank, rows, hashes, at), start=1):
        filled += was_filled
        report(done, len(rows))
    return filled


def _hashes() -> people.Hashes:
    """Each takes half a second, and leaves the other cores to the next ones."""
    names = sorted({*people.BANK_PEOPLE, *people.PLATFORM_PEOPLE})
    with ThreadPoolExecutor() as pool:
        made = pool.map(make_password, [settings.DEMO_PASSWORD] * len(names))
        return dict(zip(names, made, strict=True))


def usual_jobs() -> int:
    return max(1, min(4, len(os.sched_getaffinity(0)) if sys.platform == "linux" else 2))


# --- catalogues -----------------------------------------------------------------------------------
def _load_catalogues(actor: Operator) -> None:
    """What is missing; an entry that somebody has changed since stays as it is."""
    known = set(Skin.objects.values_list("code", flat=True))
    for position, row in enumerate(province.read("skins.csv"), start=1):
        if row["code"] not in known:
            save_skin(actor=actor, skin=Skin(position=position, **row))
    for festival in province.festivals(localdate()):
        if festival.code not in known:
            save_skin(actor=actor, skin=_festival_skin(festival))
    load_placements(actor)
    known = set(AppFunction.objects.values_list("code", flat=True))
    for position, row in enumerate(province.read("functions.csv"), start=1):
        if row["code"] not in known:
            senior = row.pop("senior") == "yes"
            function = AppFunction(position=position, in_senior_mode=senior, **row)
            save_function(actor=actor, function=function)


def _festival_skin(row: province.FestivalRow) -> Skin:
    return Skin(
        code=row.code, name=row.name, mood=row.mood, primary=row.primary, accent=row.accent,
        is_festival=True, starts_at=_midnight(row.starts_on), ends_at=_midnight(row.ends_on),
        position=90,
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time()))
