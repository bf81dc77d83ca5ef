"""The platform keeps the catalogue: types, their state, rate caps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from fuxiang_zone.catalogue import events
from fuxiang_zone.catalogue.choices import Feature, TypeState
from fuxiang_zone.catalogue.content import content_of, tidy_content
from fuxiang_zone.catalogue.errors import BadSchema, SchemaInUse, WrongState
from fuxiang_zone.catalogue.holdings import holdings_of
from fuxiang_zone.catalogue.models import ProductType, RateCap, TypeVersion
from fuxiang_zone.catalogue.people import require_platform
from fuxiang_zone.catalogue.schema import orphans, parse_schema
from operators.entries import save_entry
from operators.permissions import require
from tenants.platform import PLATFORM
from tenants.services import announce_change

if TYPE_CHECKING:
    from operators.models import Operator

CHANGE = "fuxiang_zone_catalogue.change_producttype"
MOST_SENTENCES = 20


@transaction.atomic
def save_product_type(
    *, actor: Operator, product_type: ProductType, at: datetime | None = None
) -> ProductType:
    """Add or change one. A new schema that a value of any bank's draft or publication does not
    survive is refused, with ``sentences`` that name bank, product and value."""
    require_platform()
    verb = "add" if product_type._state.adding else "change"
    require(actor, f"fuxiang_zone_catalogue.{verb}_producttype")
    tidy_content(product_type)
    before = None if verb == "add" else _locked(product_type)
    is_new_content = before is None or content_of(before) != content_of(product_type)
    if before is not None:
        _refuse_changed_code(before, product_type)
        product_type.state = before.state
        product_type.version = before.version + is_new_content
        _refuse_orphans(before, product_type)
    saved = save_entry(actor=actor, entry=product_type, event=events.TYPE_SAVED)
    if is_new_content:
        _keep_version(saved, actor, at or timezone.now())
    return saved


def _locked(product_type: ProductType) -> ProductType:
    return ProductType.objects.select_for_update().get(pk=product_type.pk)


def _refuse_changed_code(before: ProductType, after: ProductType) -> None:
    if before.code != after.code:
        raise BadSchema(_("The code of a type stays: banks' products refer to it."))


def _refuse_orphans(before: ProductType, after: ProductType) -> None:
    names = ("fields", "features", "disclosures")
    if all(getattr(before, name) == getattr(after, name) for name in names):
        return
    sentences = tuple(_orphaned(before, after))
    if sentences:
        shown = list(sentences[:MOST_SENTENCES])
        if len(sentences) > len(shown):
            shown.append(_("and %(count)s more.") % {"count": len(sentences) - len(shown)})
        head = _("Values that banks have entered would be lost. Nothing is changed.")
        raise SchemaInUse(" ".join([head, *shown]), sentences=sentences)


def _orphaned(before: ProductType, after: ProductType) -> Iterable[str]:
    old, new = parse_schema(before.fields), parse_schema(after.fields)
    features, told = _features_lost(before, after), _disclosures_lost(before, after)
    for holding in holdings_of(before.code):
        for sentence in orphans(old, new, holding.values):
            yield f"{holding.label}: {sentence}"
        parts = [str(each.label) for each in features if each in holding.features]
        parts += [label for code, label in told.items() if holding.disclosures.get(code)]
        for part in parts:
            yield f"{holding.label}: {_lost(part)}"


def _features_lost(before: ProductType, after: ProductType) -> list[Feature]:
    return [each for each in Feature if each in before.features and each not in after.features]


def _disclosures_lost(before: ProductType, after: ProductType) -> dict[str, str]:
    kept = {each["code"] for each in after.disclosures}
    return {each["code"]: each["label"] for each in before.disclosures if each["code"] not in kept}


def _lost(part: str) -> str:
    return _("“%(part)s” would be taken away, with what the bank has entered there.") % {
        "part": part,
    }  # fmt: skip


def _keep_version(product_type: ProductType, actor: Operator, at: datetime) -> None:
    TypeVersion.objects.create(
        product_type=product_type, version=product_type.version, changed_at=at,
        content=content_of(product_type), person_id=actor.pk, person_name=str(actor)[:150],
    )  # fmt: skip


@transaction.atomic
def open_type(*, actor: Operator, product_type: ProductType) -> ProductType:
    """Banks may apply for it from now on."""
    if not product_type.fields and Feature.LINKS not in product_type.features:
        raise BadSchema(_("Give the type a field first: banks would have nothing to fill in."))
    return _move(actor, product_type, TypeState.OPEN, {TypeState.DRAFT, TypeState.CLOSED})


@transaction.atomic
def close_type(*, actor: Operator, product_type: ProductType, reason: str = "") -> ProductType:
    """No bank can apply for it or publish a new product of it; what is published stays."""
    return _move(actor, product_type, TypeState.CLOSED, {TypeState.OPEN}, reason)


def _move(
    actor: Operator, product_type: ProductType, to: TypeState, known: set[TypeState],
    reason: str = "",
) -> ProductType:  # fmt: skip
    require_platform()
    require(actor, CHANGE)
    rows = ProductType.objects.filter(pk=product_type.pk, state__in=known)
    before = product_type.state
    if rows.update(state=to) != 1:
        raise WrongState(
            _("“%(type)s” is not in the state that this needs; open its page again.")
            % {"type": product_type}
        )
    product_type.refresh_from_db()
    record(
        events.TYPE_STATE_CHANGED, actor=actor, target=product_type, reason=reason,
        before={"state": before}, after={"state": to.value},
    )  # fmt: skip
    announce_change(PLATFORM.schema_name)
    return product_type


def save_rate_cap(*, actor: Operator, cap: RateCap) -> RateCap:
    """A bank's rates are held to it from its day on, at every submission and approval."""
    require_platform()
    if Feature.RATES not in cap.product_type.features:
        raise BadSchema(
            _("“%(type)s” has no rate table; caps are of types that have one.")
            % {"type": cap.product_type}
        )
    return save_entry(actor=actor, entry=cap, event=events.CAP_SAVED)
