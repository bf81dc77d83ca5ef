"""What the compliance check reads of a product."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from fuxiang_zone.catalogue.choices import Category, FieldType
from fuxiang_zone.catalogue.directory import TypeInfo, type_of, type_told
from fuxiang_zone.models import ProductAccount
from publishing.compliance.subjects import Link, Subject, Text, only

_WORDED = frozenset({FieldType.TEXT, FieldType.LONG_TEXT})
# Such products are there to give something away.
_GIFTS = frozenset({"activation_gift", "ecny_red_packet", "wechat_subsidy"})


def describe(envelope: dict[str, Any]) -> Subject:
    payload = envelope["payload"]
    info = type_told(payload)
    return Subject(
        texts=only([(_("in one sentence"), payload["summary"])]) + _texts(info, payload),
        links=tuple(Link(each["kind"], each["id"]) for each in payload["links"]),
        rules=payload["rules"],
        advertises=True,
        is_deposit=info is not None and info.category == Category.DEPOSIT,
        is_gift=payload["type"] in _GIFTS,
    )


def _texts(info: TypeInfo | None, payload: dict[str, Any]) -> tuple[Text, ...]:
    if info is None:
        return ()
    fields = [
        (each.label, payload["values"].get(each.key) or "")
        for each in info.fields
        if each.type in _WORDED and each.is_shown
    ]
    labels = {each.code: each.label for each in info.disclosures}
    told = [(labels.get(code, code), words) for code, words in payload["disclosures"].items()]
    return only([*fields, *told])


def is_deposit(target_id: str) -> bool:
    """Of a link's target: a type by its code, or a product by its uid."""
    info = type_of(_type_code(target_id))
    return info is not None and info.category == Category.DEPOSIT


def _type_code(target_id: str) -> str:
    try:
        uid = UUID(target_id)
    except ValueError:
        return target_id
    found = ProductAccount.objects.filter(uid=uid).values_list("type_code", flat=True).first()
    return found or ""
