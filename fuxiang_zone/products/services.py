"""The verbs of zone products. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from fuxiang_zone import events
from fuxiang_zone.errors import BadProduct, ProductKept, UnknownProduct
from fuxiang_zone.models import ZoneProduct
from fuxiang_zone.products.content import MOST_TITLE, ProductContent, content_of, summary_of
from fuxiang_zone.products.offered import require_type
from operators.permissions import require
from publishing import drafts
from publishing import services as publishing

if TYPE_CHECKING:
    from operators.models import Operator

ADD, CHANGE = "fuxiang_zone.add_zoneproduct", "fuxiang_zone.change_zoneproduct"


@transaction.atomic
def create_product(*, actor: Operator, content: ProductContent) -> ZoneProduct:
    require(actor, ADD)
    draft = _begun(actor, content)
    record(
        events.PRODUCT_CREATED,
        actor=actor, target=draft, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def edit_product(
    *, actor: Operator, draft_id: int, version: int, content: ProductContent
) -> ZoneProduct:
    """``version`` is the one that the editor had on the screen; a newer one is not overwritten."""
    require(actor, CHANGE)
    draft = _draft(draft_id)
    # Before the change too: a draft of another branch cannot be pulled into one's own.
    drafts.require_branch_of(actor, draft)
    _refuse_other_type(draft, content)
    info = require_type(content.type_code)
    content = content.cleaned(info)
    before = summary_of(draft)
    draft.version = version
    draft.type_version = info.version
    for name, value in content.fields():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(
        events.PRODUCT_EDITED,
        actor=actor, target=draft, before=before, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def copy_product(*, actor: Operator, draft_id: int, at: datetime | None = None) -> ZoneProduct:
    """A new draft; what has begun already begins again now and runs as long."""
    require(actor, ADD)
    original = _draft(draft_id)
    drafts.require_branch_of(actor, original)
    content = replace(content_of(original), title=drafts.copy_title(original, MOST_TITLE))
    at = at or timezone.now()
    draft = _begun(actor, drafts.begun_again(content, at, "sale_starts_at", "sale_ends_at"))
    record(
        events.PRODUCT_COPIED,
        actor=actor, target=draft, after={"copy_of": str(original.uid)}, branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def delete_product_draft(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what never left the console: anything published stays on record for ever."""
    require(actor, CHANGE)
    ZoneProduct.objects.select_for_update().filter(pk=draft_id).first()
    draft = _draft(draft_id)
    drafts.require_branch_of(actor, draft)
    drafts.refuse_kept(
        draft, ProductKept,
        published=_("This product has been published, so it stays on record."),
        in_review=_("This product is in review. Withdraw it first."),
    )  # fmt: skip
    record(
        events.PRODUCT_DELETED,
        actor=actor, target=draft, before=summary_of(draft), branch=draft.branch, reason=reason,
    )  # fmt: skip
    draft.delete()


def _begun(actor: Operator, content: ProductContent) -> ZoneProduct:
    info = require_type(content.type_code)
    content = content.cleaned(info)
    draft = ZoneProduct(**dict(content.fields()), type_version=info.version)
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    return draft


def _refuse_other_type(draft: ZoneProduct, content: ProductContent) -> None:
    """Its fields are that type's."""
    if draft.type_code != content.type_code:
        raise BadProduct(
            _("The type of a product stays. Begin a new product for another type."),
            field="type_code",
        )


def _draft(draft_id: int) -> ZoneProduct:
    return drafts.find(ZoneProduct.objects.select_related("branch"), draft_id, UnknownProduct)
