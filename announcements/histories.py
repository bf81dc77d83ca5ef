"""What announcements know about one customer, for the page of the customer's history."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from announcements.appearance import reading
from announcements.choices import Mode, PlacementCode
from announcements.models import ReadReceipt
from customers import histories
from customers.histories import Line, Wanted
from customers.models import Preference
from customers.titles import Titles


def register_histories() -> None:
    histories.register_source("receipt", gettext_lazy("confirmed reading"), read_receipts)
    histories.register_placements(PlacementCode.choices)
    histories.register_preference_words(preference_words)


def read_receipts(wanted: Wanted) -> list[Line]:
    rows = ReadReceipt.objects.filter(customer_number=wanted.customer_number)
    if wanted.since:
        rows = rows.filter(read_at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(read_at__lt=wanted.until)
    if wanted.before:
        at, key = wanted.before
        rows = rows.filter(read_at__lte=at).exclude(read_at=at, announcement_uid__gte=key)
    found = list(rows.order_by("-read_at", "-announcement_uid")[: wanted.limit])
    titles = Titles(row.announcement_uid for row in found)
    return [
        Line(
            at=row.read_at,
            key=row.announcement_uid,
            what=_("confirmed reading"),
            title=titles.of(row.announcement_uid, row.publication_version),
            details=_("version %(number)s") % {"number": row.publication_version},
            colour="warning",
        )
        for row in found
    ]


def preference_words(preference: Preference) -> list[tuple[str | Promise, str]]:
    words: list[tuple[str | Promise, str]] = []
    if preference.skin:
        skin = reading.skins_by_code().get(preference.skin)
        words.append((gettext_lazy("skin"), skin.name if skin else preference.skin))
    if preference.mode:
        words.append((gettext_lazy("mode"), str(Mode(preference.mode).label)))
    if preference.functions is not None:
        names = reading.function_names()
        chosen = _(", ").join(names.get(code, code) for code in preference.functions)
        words.append((gettext_lazy("home functions"), chosen or _("none")))
    return words
