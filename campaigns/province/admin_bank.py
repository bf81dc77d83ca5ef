"""A bank's pages of the province's campaigns: what is open to it, joining, newer versions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.errors import DomainError
from campaigns.designing.content import CampaignContent, content_of
from campaigns.designing.services import ADD, CHANGE
from campaigns.models import Campaign
from campaigns.province import joining, reading
from campaigns.province.admin_board import SHEETS
from campaigns.province.choices import Field
from campaigns.province.join_forms import JoinForm
from campaigns.province.locks import binding
from campaigns.province.proposing import changes
from campaigns.province.showing import Card, cards, state_of
from campaigns.province.wording import show_own, show_value
from operators.querysets import branch_scope
from operators.sites import bank_site
from publishing.admin_pages import posted_text
from publishing.choices import Lock
from publishing.governed.rows import LockShown

if TYPE_CHECKING:
    from campaigns.province.reading import Open
    from operators.models import Operator
    from operators.sites import ConsoleSite

VIEW = "campaigns.view_campaign"
NAME = "campaigns_province"


def pages(site: ConsoleSite) -> list[URLPattern]:
    def inside(view: Callable[..., HttpResponse]) -> Any:
        return site.admin_view(partial(_guarded, view=view, site=site))

    base = "campaigns/province/"
    one = f"{base}<uuid:uid>/"
    return [
        path(base, inside(require_safe(list_page)), name=NAME),
        path(one, inside(require_safe(one_page)), name=f"{NAME}_one"),
        path(f"{one}join/", inside(require_POST(join)), name=f"{NAME}_join"),
        path(f"{one}decline/", inside(require_POST(decline)), name=f"{NAME}_decline"),
        path(f"{one}accept/", inside(require_POST(accept)), name=f"{NAME}_accept"),
        path(f"{one}defer/", inside(require_POST(defer)), name=f"{NAME}_defer"),
    ]


def _guarded(
    request: HttpRequest, *, view: Callable[..., HttpResponse], site: ConsoleSite, **which: Any
) -> HttpResponse:
    """For those of the whole bank: what the province offers is no matter of one branch."""
    if not request.user.has_perm(VIEW) or branch_scope(_actor(request)):  # type: ignore[union-attr]
        raise PermissionDenied
    request.current_app = site.name  # type: ignore[attr-defined]
    return view(request, site=site, **which)


def list_page(request: HttpRequest, site: ConsoleSite) -> HttpResponse:
    found: list[Card] = cards(timezone.now())
    context = {**_chrome(request, site, _("Province campaigns")), "cards": found}
    return TemplateResponse(request, "campaigns/province/bank_list.html", context)


def one_page(
    request: HttpRequest, site: ConsoleSite, uid: UUID, form: JoinForm | None = None,
    refusal: str = "",
) -> HttpResponse:  # fmt: skip
    found = _open(uid)
    draft = Campaign.objects.filter(province_uid=uid).select_related("branch").first()
    content = content_of(draft) if draft is not None else None
    may_join = draft is None and not found.is_pulled and request.user.has_perm(ADD)  # type: ignore[union-attr]
    over = found.published.is_over(timezone.now())
    takes = draft is not None and _is_behind(draft, found)
    asks = (may_join and not over) or (takes and request.user.has_perm(CHANGE))  # type: ignore[union-attr]
    if asks and form is None:
        form = JoinForm(payload=found.published.payload, content=content)
    context = {
        **_chrome(request, site, found.published.title),
        "found": found,
        "published": found.published,
        "state": state_of(found),
        "draft": draft,
        "draft_address": _draft_address(draft),
        "is_over": over,
        "rows": _rows(found, draft, content),
        "form": form if asks else None,
        "misfits": form.misfits if asks and form is not None else {},
        "may_join": asks and draft is None,
        "may_answer": asks and draft is not None,
        "changes": _changes(found, draft, content),
        "refusal": refusal,
    }
    page = TemplateResponse(request, "campaigns/province/bank_one.html", context)
    page.status_code = 400 if refusal or (form is not None and form.errors) else 200
    return page


# --- verbs ----------------------------------------------------------------------------------------
def join(request: HttpRequest, site: ConsoleSite, uid: UUID) -> HttpResponse:
    return _with_form(request, site, uid, _join, None)


def accept(request: HttpRequest, site: ConsoleSite, uid: UUID) -> HttpResponse:
    draft = Campaign.objects.filter(province_uid=uid).select_related("branch").first()
    if draft is None:
        raise Http404
    return _with_form(request, site, uid, _accept, draft)


def _with_form(
    request: HttpRequest, site: ConsoleSite, uid: UUID, verb: Callable[..., Campaign],
    draft: Campaign | None,
) -> HttpResponse:  # fmt: skip
    found = _open(uid)
    content = content_of(draft) if draft is not None else None
    form = JoinForm(request.POST, payload=found.published.payload, content=content)
    if not form.is_valid():
        return one_page(request, site, uid, form=form)
    try:
        saved = verb(_actor(request), uid, draft, form.filled())
    except DomainError as error:
        return one_page(request, site, uid, form=form, refusal=str(error.message))
    messages.success(request, _("This is your draft now. Change it, and submit it for review."))
    return HttpResponseRedirect(_draft_address(saved))


def _join(actor: Operator, uid: UUID, _draft: Campaign | None, filled: Any) -> Campaign:
    return joining.join_province_campaign(actor=actor, uid=uid, filled=filled)


def _accept(actor: Operator, _uid: UUID, draft: Campaign, filled: Any) -> Campaign:
    return joining.accept_version(actor=actor, draft_id=draft.pk, filled=filled)


def decline(request: HttpRequest, site: ConsoleSite, uid: UUID) -> HttpResponse:
    return _answer(
        request, site, uid, _("Told the province why you do not join. You may still do so."),
        lambda actor, reason: joining.decline_province_campaign(
            actor=actor, uid=uid, reason=reason
        ),
    )  # fmt: skip


def defer(request: HttpRequest, site: ConsoleSite, uid: UUID) -> HttpResponse:
    draft = Campaign.objects.filter(province_uid=uid).first()
    if draft is None:
        raise Http404
    pk = draft.pk
    return _answer(
        request, site, uid, _("Put off; the province has been told why."),
        lambda actor, reason: joining.defer_version(actor=actor, draft_id=pk, reason=reason),
    )  # fmt: skip


def _answer(
    request: HttpRequest, site: ConsoleSite, uid: UUID, words: str, verb: Callable[..., Any]
) -> HttpResponse:
    try:
        verb(_actor(request), posted_text(request, "reason"))
    except DomainError as error:
        return one_page(request, site, uid, refusal=str(error.message))
    messages.success(request, words)
    return HttpResponseRedirect(reverse(f"bank:{NAME}_one", args=[uid]))


# --- parts ----------------------------------------------------------------------------------------
def _open(uid: UUID) -> Open:
    try:
        return reading.open_campaign(uid)
    except DomainError as error:
        raise Http404 from error


def _is_behind(draft: Campaign, found: Open) -> bool:
    return (draft.province_version or 0) < found.published.version


def _rows(found: Open, draft: Campaign | None, content: CampaignContent | None) -> list[dict]:
    """What the province says of each field, as of the version that the bank has joined."""
    payload = found.published.payload if draft is None else draft.province_payload
    return [
        {
            "label": capfirst(str(Field(name).label)),
            "lock": LockShown(Lock(lock)),
            "province": show_value(name, value) or "—",
            "own": show_own(name, content) if content is not None else "",
        }
        for name, (lock, value) in binding(payload).items()
    ]


def _changes(found: Open, draft: Campaign | None, content: CampaignContent | None) -> list[Any]:
    if draft is None or content is None or not _is_behind(draft, found):
        return []
    return changes(content, draft.province_payload, found.published.payload)


def _draft_address(draft: Campaign | None) -> str:
    return reverse("bank:campaigns_campaign_change", args=[draft.pk]) if draft is not None else ""


def _chrome(request: HttpRequest, site: ConsoleSite, title: str) -> dict[str, Any]:
    return {**site.each_context(request), "title": title, "sheets": SHEETS, "is_fullwidth": "1"}


def _actor(request: HttpRequest) -> Operator:
    return request.user  # type: ignore[return-value]


bank_site.add_pages(pages)
