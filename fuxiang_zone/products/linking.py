"""Where a product leads: to functions, coupons, campaigns and other products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from fuxiang_zone.errors import BadProduct
from publishing import links

MOST_LINKS = 8
KINDS = ("function", "coupon_template", "campaign", "announcement", "zone_product")


def clean_links(raw: Any) -> list[dict[str, str]]:
    """Each with the name of its target as it is now. Raises ``BadProduct``."""
    if not isinstance(raw, list | tuple) or any(not isinstance(each, Mapping) for each in raw):
        raise _refused(_("The links are not a list."))
    if len(raw) > MOST_LINKS:
        raise _refused(_("A product has at most %(most)s links.") % {"most": MOST_LINKS})
    found: dict[tuple[str, str], dict[str, str]] = {}
    for each in raw:
        link = _link(str(each.get("kind") or ""), str(each.get("id") or ""))
        found[link["kind"], link["id"]] = link
    return list(found.values())


def _link(kind: str, target_id: str) -> dict[str, str]:
    known = links.get(kind) if kind in KINDS else None
    if known is None:
        raise _refused(_("“%(kind)s” is no kind of link.") % {"kind": kind[:20]})
    target = known.find(target_id) if target_id and target_id.isprintable() else None
    if target is None:
        raise _refused(
            _(
                "A link leads to something that is not there any more (%(kind)s: %(target)s)."
                " Choose another target."
            )
            % {"kind": known.label, "target": target_id[:40]}
        )
    return {"kind": kind, "id": target.id, "label": target.label}


def describe_link(link: Mapping[str, str]) -> str:
    known = links.get(link["kind"])
    return f"{known.label if known else link['kind']}: {link.get('label') or link['id']}"


def _refused(sentence: str) -> BadProduct:
    return BadProduct(sentence, field="links", code="bad_link")
