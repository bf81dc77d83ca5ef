"""Ads, and the order in which they stand, as kinds of content that are published."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from announcements import seniors
from announcements.ads import compliance, conflicts, links, rules, windows
from announcements.ads.offers import accept_offer, offer_content
from announcements.ads.orders import check_order, show_order
from approvals.wording import moment
from publishing.envelopes import Envelope, to_moment
from publishing.registry import ContentKind, Shown, register

KIND, ORDER_KIND = "ad", "ad_order"


def show_payload(payload: dict[str, Any]) -> list[Shown]:
    return [
        Shown("picture", _("Picture"), _picture(payload), html=True),
        Shown("placement", _("Placement"), rules.label_of(payload["placement"])),
        Shown("alt", _("Description of the picture"), payload["alt"]),
        Shown("link", _("Link"), links.describe_link(**payload["link"])),
        Shown("windows", _("Weekdays and hours"), windows.describe(payload["windows"])),
        Shown("slot", _("Fixed slot"), _number(payload["slot"], gettext("any slot"))),
        Shown("weight", _("Weight"), str(payload["weight"])),
        Shown("caps", _("Limit of shows"), _caps(payload)),
        Shown("house", _("House ad"), _yes_or_no(payload["house"])),
        Shown("for_seniors", _("Suitable for senior mode"), _yes_or_no(payload["for_seniors"])),
        Shown("closable", _("Close button"), _yes_or_no(payload["closable"])),
        Shown(
            "trial",
            _("Trial from"),
            moment(to_moment(payload["trial_starts_at"]), gettext("no trial")),
        ),
    ]


def check_envelope(target_id: str, envelope: Envelope, at: datetime) -> None:
    """What may have changed since the draft was stored: settings, link targets, other ads."""
    payload = envelope["payload"]
    rules.check_slot(rules.rules_of(payload["placement"]), payload["slot"])
    links.clean_link(payload["link"]["kind"], payload["link"]["target"], rules.link_hosts())
    conflicts.check_published(target_id, envelope, at)


def _picture(payload: dict[str, Any]) -> str:
    image = payload["image"].get("1x")
    if image is None:
        return ""
    return format_html(
        '<img src="{}" alt="{}" width="{}" height="{}">',
        image["url"], payload["alt"], image["width"], image["height"],
    )  # fmt: skip


def _caps(payload: dict[str, Any]) -> str:
    unlimited = gettext("no limit")
    return gettext("per customer and day: %(day)s; per customer in all: %(all)s") % {
        "day": _number(payload["daily_cap"], unlimited),
        "all": _number(payload["lifetime_cap"], unlimited),
    }


def _number(value: int | None, none: str) -> str:
    return none if value is None else str(value)


def _yes_or_no(value: bool) -> str:
    return gettext("Yes") if value else gettext("No")


def register_kinds() -> None:
    compliance.register()
    register(
        ContentKind(
            name=KIND,
            model_label="announcements_ads.Ad",
            label=pgettext_lazy("kind of content", "Ad"),
            show_payload=show_payload,
            check_envelope=check_envelope,
            confirmations=seniors.confirmations,
            check_submission=conflicts.check_in_review,
            compliance=compliance.describe,
            offer_content=offer_content,
            accept_offer=accept_offer,
        )
    )
    register(
        ContentKind(
            name=ORDER_KIND,
            is_shown=False,
            model_label="announcements_ads.AdOrder",
            label=pgettext_lazy("kind of content", "Order of ads"),
            show_payload=show_order,
            check_envelope=check_order,
        )
    )
