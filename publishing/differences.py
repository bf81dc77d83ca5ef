"""What a request changes, line by line, for the person who has to answer for it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from approvals.registry import DiffRow
from approvals.wording import marked, moment, text_of
from publishing import registry
from publishing.envelopes import Envelope, to_moment
from publishing.registry import Shown


def rows(before: Envelope | None, after: Envelope | None) -> list[DiffRow]:
    old, new = _shown(before), _shown(after)
    keys = list(new) + [key for key in old if key not in new]
    return [row for key in keys for row in _rows_of(old.get(key), new.get(key))]


def _rows_of(old: Shown | None, new: Shown | None) -> list[DiffRow]:
    shown = new or old
    assert shown is not None
    left, right = old.text if old else "", new.text if new else ""
    row = DiffRow(shown.label, left, right, changed=left != right, html=shown.html)
    if not (shown.html and left and right and left != right):
        return [row]
    texts = text_of(left), text_of(right)
    if texts[0] == texts[1]:  # another picture, the same words
        return [row]
    words = marked(*texts)
    label = _("%(label)s: changed words") % {"label": shown.label}
    return [row, DiffRow(label, *words, changed=True, html=True)]


def _shown(envelope: Envelope | None) -> dict[str, Shown]:
    if envelope is None:
        return {}
    own = registry.get(envelope["content"]).show_payload(envelope["payload"])
    unique: dict[str, Shown] = {}
    for line in [*_common(envelope), *own]:
        unique.setdefault(line.key, line)
    return unique


def _common(envelope: Envelope) -> list[Shown]:
    starts, ends = to_moment(envelope["starts_at"]), to_moment(envelope["ends_at"])
    return [
        Shown("title", _("title"), envelope["title"]),
        Shown("starts_at", _("starts at"), moment(starts, "")),
        Shown("ends_at", _("ends at"), moment(ends, _("until withdrawn"))),
        Shown("branch", _("branch"), envelope["branch_name"] or _("whole bank")),
        Shown("priority", _("priority"), str(envelope["priority"])),
        Shown("audience", _("audience"), _audience(envelope["audience"])),
    ]


def _audience(rule: dict[str, Any]) -> str:
    return _("; ").join(registry.audience_words(rule)) if rule else _("everybody")
