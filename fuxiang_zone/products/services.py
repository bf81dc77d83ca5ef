"""The verbs of zone products. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.models import Request
from audit.services import record
from fuxiang_zone import events
from fuxiang_zone.errors import BadProduct, ProductKept, UnknownProduct
from fuxiang_zone.models import ZoneProduct
from fuxiang_zone.products.content import MOST_TITLE, ProductContent, content_of, summary_of
from fuxiang_zone.products.offered import require_type
from operators.permissions import require, require_branch
from publishing import services as publishing
from publishing.models import Publication

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
    require_branch(actor, _path(draft))
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
    require_branch(actor, _path(original))
    title = _("%(title)s (copy)") % {"title": original.title}
    content = replace(content_of(original), title=title[:MOST_TITLE])
    draft = _begun(actor, begun_again(content, at or timezone.now()))
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
    require_branch(actor, _path(draft))
    if is_published(draft):
        raise ProductKept(_("This product has been published, so it stays on record."))
    if Request.objects.of_target(draft._meta.label_lower, draft.uid).pending().exists():
        raise ProductKept(_("This product is in review. Withdraw it first."))
    record(
        events.PRODUCT_DELETED,
        actor=actor, target=draft, before=summary_of(draft), branch=draft.branch, reason=reason,
    )  # fmt: skip
    draft.delete()


def is_published(draft: ZoneProduct) -> bool:
    """Ever; also when it has been taken down since."""
    return Publication.objects.filter(target_id=draft.uid).exists()


def begun_again(content: ProductContent, at: datetime) -> ProductContent:
    """The same lengths from now on, when its time has come already."""
    if content.starts_at > at:
        return content
    later = at - content.starts_at

    def moved(moment: datetime | None) -> datetime | None:
        return moment + later if moment is not None else None

    return replace(
        content,
        starts_at=at,
        ends_at=moved(content.ends_at),
        sale_starts_at=moved(content.sale_starts_at),
        sale_ends_at=moved(content.sale_ends_at),
    )


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
    draft = ZoneProduct.objects.select_related("branch").filter(pk=draft_id).first()
    if draft is None:
        raise UnknownProduct(_("This draft no longer exists."))
    return draft


def _path(draft: ZoneProduct) -> str:
    return draft.branch.path if draft.branch is not None else ""
