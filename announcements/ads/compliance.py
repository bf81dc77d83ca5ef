"""What the compliance check looks at in an ad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from announcements.ads.choices import LinkKind
from announcements.ads.rules import label_of
from announcements.catalogue.models import AppFunction
from announcements.choices import ALWAYS_CLOSABLE, FunctionGroup
from publishing.compliance.subjects import Link, Subject, only, register_deposits

if TYPE_CHECKING:
    from publishing.envelopes import Envelope


def describe(envelope: Envelope) -> Subject:
    payload = envelope["payload"]
    kind, target = payload["link"]["kind"], payload["link"]["target"]
    covers = payload["placement"] in ALWAYS_CLOSABLE
    return Subject(
        texts=only([(_("Description of the picture"), payload["alt"])]),
        links=() if kind == LinkKind.NONE else (Link(kind, target),),
        for_seniors=payload["for_seniors"],
        advertises=True,
        overlay=label_of(payload["placement"]) if covers else "",
        is_closable=payload["closable"] if covers else None,
    )


def is_deposit_function(code: str) -> bool:
    return AppFunction.objects.filter(code=code, group=FunctionGroup.DEPOSIT).exists()


def register() -> None:
    register_deposits("function", is_deposit_function)
