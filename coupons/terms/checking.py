"""What may have changed since a draft was stored, and what its stock does not allow any more."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext as _

from coupons.choices import BatchState, CouponState
from coupons.errors import BadTemplate
from coupons.models import Batch, Coupon, TemplateAccount, TemplateTerms
from coupons.terms.amounts import yuan
from coupons.terms.content import TemplateContent, content_of_envelope

if TYPE_CHECKING:
    from publishing.envelopes import Envelope


def check_envelope(target_id: str, envelope: Envelope, at: datetime) -> None:
    """At submission and at approval. Locks the account: what batches hold cannot grow meanwhile."""
    content = content_of_envelope(envelope).cleaned()
    if content.valid_until is not None and content.valid_until <= at:
        raise BadTemplate(
            _("The coupons would be invalid already. Choose a later last day."), field="valid_until"
        )
    # The code is unique, also against templates that were taken down.
    mine_or_same = Q(template__uid=target_id) | Q(code=content.code)
    accounts = TemplateAccount.objects.select_for_update(no_key=True, of=("self",))
    found = accounts.select_related("template").filter(mine_or_same).order_by("pk")
    by_uid = {str(account.template.uid): account for account in found}
    account = by_uid.pop(target_id, None)
    if by_uid:
        raise BadTemplate(
            _("Another template has the code %(code)s already.") % {"code": content.code},
            field="code",
        )
    if account is not None:
        _refuse_other_identity(account, content)
        _refuse_less_than_held(account, content)
        _refuse_foreign_stock(account, content)


def _refuse_other_identity(account: TemplateAccount, content: TemplateContent) -> None:
    if account.code != content.code:
        raise BadTemplate(
            _("The code of a published template stays: apps and files name it."), field="code"
        )
    terms = TemplateTerms.objects.filter(template=account.template_id)
    kind = terms.order_by("version").values_list("terms__kind", flat=True).first()
    if kind not in (None, content.kind):
        raise BadTemplate(
            _("The kind of a published template stays. Make a copy for another kind."),
            field="kind",
        )


def _refuse_less_than_held(account: TemplateAccount, content: TemplateContent) -> None:
    if content.stock_limit < account.held_count:
        raise BadTemplate(
            _("Batches hold %(held)s coupons already; the stock cannot be less.")
            % {"held": f"{account.held_count:,}"},
            field="stock_limit",
        )
    if content.budget_cents < account.held_cents:
        raise BadTemplate(
            _("Batches hold coupons of %(held)s already; the budget cannot be less.")
            % {"held": yuan(account.held_cents)},
            field="budget_cents",
        )


def _refuse_foreign_stock(account: TemplateAccount, content: TemplateContent) -> None:
    """What a customer claims has a face value that the card names. Looked up only when the range
    has become narrower, for it reads the whole stock when all of it fits."""
    if not account.held_count or not _is_narrower(account, content):
        return
    stocked = Coupon.objects.filter(
        batch__in=list(
            Batch.objects.filter(
                template=account.template_id, state__in=[BatchState.LIVE, BatchState.FROZEN]
            ).values_list("pk", flat=True)
        ),
        state=CouponState.STOCKED,
    )
    outside = Q(face_cents__lt=content.face_min_cents) | Q(face_cents__gt=content.face_max_cents)
    found = stocked.filter(outside).values_list("face_cents", flat=True).first()
    if found is not None:
        raise BadTemplate(
            _(
                "There are coupons of %(face)s in stock: the new range of face values leaves them"
                " out. Recall those batches first, or make a copy of the template."
            )
            % {"face": yuan(found)},
            field="face_min_cents",
        )


def _is_narrower(account: TemplateAccount, content: TemplateContent) -> bool:
    newest = TemplateTerms.objects.filter(template=account.template_id).order_by("-version").first()
    if newest is None:
        return False
    least, most = newest.terms["face_min_cents"], newest.terms["face_max_cents"]
    return bool(content.face_min_cents > least or content.face_max_cents < most)
