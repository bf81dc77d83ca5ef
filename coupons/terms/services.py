"""The verbs of coupon templates. Review, publication and withdrawal are ``publishing``'s."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from coupons import events
from coupons.errors import BadTemplate, TemplateKept, UnknownTemplate
from coupons.models import CouponTemplate
from coupons.terms.content import MOST_TITLE, TemplateContent, content_of, summary_of
from operators.permissions import require
from publishing import drafts
from publishing import services as publishing

if TYPE_CHECKING:
    from operators.models import Operator

ADD, CHANGE = "coupons.add_coupontemplate", "coupons.change_coupontemplate"


@transaction.atomic
def create_template(*, actor: Operator, content: TemplateContent) -> CouponTemplate:
    require(actor, ADD)
    content = content.cleaned()
    _refuse_taken(content.code)
    draft = _begun(actor, content)
    record(
        events.TEMPLATE_CREATED,
        actor=actor, target=draft, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def edit_template(
    *, actor: Operator, draft_id: int, version: int, content: TemplateContent
) -> CouponTemplate:
    """``version`` is the one that the editor had on the screen; a newer one is not overwritten."""
    require(actor, CHANGE)
    content = content.cleaned()
    draft = _draft(draft_id)
    # Before the change too: a draft of another branch cannot be pulled into one's own.
    drafts.require_branch_of(actor, draft)
    _refuse_fixed(draft, content)
    before = summary_of(draft)
    draft.version = version
    for name, value in content.fields():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    record(
        events.TEMPLATE_EDITED,
        actor=actor, target=draft, before=before, after=summary_of(draft), branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def copy_template(*, actor: Operator, draft_id: int, at: datetime | None = None) -> CouponTemplate:
    """A new draft under a code of its own; it starts from now, unless the original is still to
    come, and what has run out since runs as long again."""
    require(actor, ADD)
    original = _draft(draft_id)
    drafts.require_branch_of(actor, original)
    title = drafts.copy_title(original, MOST_TITLE)
    content = replace(content_of(original), title=title, code=_free_code(original.code))
    draft = _begun(actor, begun_again(content, at or timezone.now()).cleaned())
    record(
        events.TEMPLATE_COPIED,
        actor=actor, target=draft, after={"copy_of": str(original.uid)}, branch=draft.branch,
    )  # fmt: skip
    return draft


@transaction.atomic
def delete_template_draft(*, actor: Operator, draft_id: int, reason: str = "") -> None:
    """Only what never left the console: anything published stays on record for ever."""
    require(actor, CHANGE)
    CouponTemplate.objects.select_for_update().filter(pk=draft_id).first()
    draft = _draft(draft_id)
    drafts.require_branch_of(actor, draft)
    drafts.refuse_kept(
        draft, TemplateKept,
        published=_("This template has been published, so it stays on record."),
        in_review=_("This template is in review. Withdraw it first."),
    )  # fmt: skip
    record(
        events.TEMPLATE_DELETED,
        actor=actor, target=draft, before=summary_of(draft), branch=draft.branch, reason=reason,
    )  # fmt: skip
    draft.delete()


def begun_again(content: TemplateContent, at: datetime) -> TemplateContent:
    """The same lengths from now on, when its time has come already."""
    again = drafts.begun_again(content, at)
    later = again.starts_at - content.starts_at
    # Validity begins and ends at midnight.
    days = timedelta(days=later.days + (1 if later % timedelta(days=1) else 0))
    return replace(
        again,
        valid_from=drafts.moved(content.valid_from, days),
        valid_until=drafts.moved(content.valid_until, days),
    )


def _begun(actor: Operator, content: TemplateContent) -> CouponTemplate:
    draft = CouponTemplate(**dict(content.fields()))
    publishing.draft_begun(actor=actor, draft=draft)
    draft.save(force_insert=True)
    return draft


def _refuse_fixed(draft: CouponTemplate, content: TemplateContent) -> None:
    if draft.code != content.code:
        if drafts.is_published(draft):
            raise BadTemplate(
                _("The code of a published template stays: apps and files name it."), field="code"
            )
        _refuse_taken(content.code)
    if draft.kind != content.kind and drafts.is_published(draft):
        raise BadTemplate(
            _("The kind of a published template stays. Make a copy for another kind."),
            field="kind",
        )


def _refuse_taken(code: str) -> None:
    if CouponTemplate.objects.filter(code=code).exists():
        raise BadTemplate(
            _("Another template has the code %(code)s already.") % {"code": code}, field="code"
        )


def _free_code(code: str) -> str:
    used = set(CouponTemplate.objects.values_list("code", flat=True))
    number = 2
    while (free := f"{code[:28]}-{number}") in used:
        number += 1
    return free


def _draft(draft_id: int) -> CouponTemplate:
    return drafts.find(CouponTemplate.objects.select_related("branch"), draft_id, UnknownTemplate)
