"""The list of coupons: millions of rows, each page a walk along an index."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.admin.views.main import SEARCH_VAR
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from coupons.choices import CouponState
from coupons.models import Coupon
from coupons.stock import listing
from coupons.stock.codes import Vault, masked
from coupons.stock.listing import Asked, BatchLine, CouponPage, Place
from operators.admin_base.keyset import AFTER, AskingChangeList, AskingFilter
from operators.models import Branch
from operators.querysets import branch_scope
from tenants.encryption import CannotDecrypt, Cipher

KEY, SEALED = "key", "sealed"
# Of addresses.
PURPOSE = "search term"
# The newest ones; others are found from the list of batches.
OFFERED_BATCHES = 100
FILTERS = ("state", "template", "batch", "branch")
TERM_LENGTH = 80


class Shelf:
    """What the filters offer and the rows are called by, read once per request."""

    def __init__(self, request: HttpRequest) -> None:
        self.scope = branch_scope(request.user)  # type: ignore[arg-type]
        self.at = timezone.now()
        self.key = request.GET.get(KEY, "")

    @cached_property
    def choices(self) -> listing.Choices:
        return listing.choices_under(self.scope)

    @property
    def batches(self) -> list[BatchLine]:
        return self.choices.batches

    @cached_property
    def batch_of(self) -> dict[int, BatchLine]:
        return {batch.id: batch for batch in self.batches}

    @cached_property
    def found(self) -> Coupon | None:
        """The one coupon whose digest the address names."""
        try:
            found = listing.coupon_of_key(UUID(self.key))
        except ValueError:
            return None
        if found is None:
            return None
        coupon, batch = found
        branch = Branch.objects.filter(pk=coupon.branch_id).first() if coupon.branch_id else None
        if not (branch.path if branch is not None else "").startswith(self.scope):
            return None
        _name(coupon, next(shown_codes([coupon])), batch, branch.name if branch else "")
        return coupon

    @property
    def branches(self) -> list[tuple[int, str, str]]:
        return self.choices.branches


def shelf_of(request: HttpRequest) -> Shelf:
    if not hasattr(request, "coupon_shelf"):
        request.coupon_shelf = Shelf(request)  # type: ignore[attr-defined]
    return cast(Shelf, request.coupon_shelf)  # type: ignore[attr-defined]


class StateFilter(AskingFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(CouponState.choices)


class TemplateFilter(AskingFilter):
    title = _("coupon template")
    parameter_name = "template"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        titles = {batch.template_id: batch.template_title for batch in shelf_of(request).batches}
        return [(str(pk), title) for pk, title in sorted(titles.items(), key=lambda one: one[1])]


class BatchFilter(AskingFilter):
    title = _("coupon batch")
    parameter_name = "batch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        template = number_or_none(request.GET.get("template"))
        chosen = number_or_none(request.GET.get("batch"))
        fitting = [
            batch
            for batch in shelf_of(request).batches
            if template in (None, batch.template_id) or batch.id == chosen
        ]
        offered = fitting[:OFFERED_BATCHES]
        offered += [batch for batch in fitting[OFFERED_BATCHES:] if batch.id == chosen]
        return [(str(batch.id), batch.name) for batch in offered]


class BranchFilter(AskingFilter):
    title = _("branch")
    parameter_name = "branch"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, _path, name in shelf_of(request).branches]


def asked_for(request: HttpRequest) -> Asked:
    """What the address asks for, inside the operator's own branches."""
    shelf, given = shelf_of(request), request.GET
    number = given.get(SEARCH_VAR, "").strip()
    known = number.isprintable()  # no NUL comes to the database
    state = given.get("state", "")
    return Asked(
        state=state if state in CouponState.values else "",
        template_id=number_or_none(given.get("template")),
        batch_id=number_or_none(given.get("batch")),
        branches=_branches(shelf, number_or_none(given.get("branch"))),
        customers=(listing.customers_called(number) if known else ()) if number else None,
    )


def _branches(shelf: Shelf, chosen: int | None) -> tuple[int, ...] | None:
    if chosen is None:
        return tuple(pk for pk, _path, _name in shelf.branches) if shelf.scope else None
    root = next((path for pk, path, _name in shelf.branches if pk == chosen), None)
    if root is None:
        return ()
    return tuple(pk for pk, path, _name in shelf.branches if path.startswith(root))


class CouponChangeList(AskingChangeList):
    """Not counted: the page is read by ``listing``."""

    own_parameters = (AFTER, KEY, SEALED)
    page: CouponPage
    found_by_code = False

    def read_rows(self, request: HttpRequest, size: int, after: str) -> tuple[list[Coupon], str]:
        by_code = KEY in self.params
        self.page = self._by_code(request) if by_code else self._walked(request, size, after)
        return self.page.rows, str(self.page.next_place or "")

    def _walked(self, request: HttpRequest, size: int, after: str) -> CouponPage:
        shelf = shelf_of(request)
        page = listing.read_page(
            asked_for(request), shelf.batches, at=shelf.at, size=size, after=Place.parse(after)
        )
        _name_rows(page.rows, shelf)
        return page

    def _by_code(self, request: HttpRequest) -> CouponPage:
        self.found_by_code = True
        found = shelf_of(request).found
        return CouponPage([found] if found is not None else [])

    @property
    def narrowed(self) -> bool:
        return self.found_by_code or super().narrowed


@dataclass(frozen=True, slots=True)
class Names:
    """What a row of the list says beside its own columns."""

    code: str
    batch: str
    batch_state: str
    template: str
    branch: str


def _name_rows(rows: list[Coupon], shelf: Shelf) -> None:
    branches = {pk: name for pk, _path, name in shelf.branches}
    for coupon, code in zip(rows, shown_codes(rows), strict=True):
        branch = branches.get(coupon.branch_id or 0, "")
        _name(coupon, code, shelf.batch_of[coupon.batch_id], branch)


def _name(coupon: Coupon, code: str, batch: BatchLine, branch: str) -> None:
    coupon.names = Names(  # type: ignore[attr-defined]
        code, batch.name, batch.state, batch.template_title, branch
    )


def shown_codes(rows: list[Coupon]) -> Iterator[str]:
    """Masked; of the rows of one page."""
    vault = Vault()
    for coupon in rows:
        try:
            yield masked(vault.open(coupon.code_key, bytes(coupon.secret)).code)
        except CannotDecrypt:
            yield str(_("cannot be opened"))


class SearchMixin:
    """Codes are value: what is typed is posted, and only its digest comes into an address, with a
    sealed copy in case that it was a customer's number."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(require_POST(self.search_view))  # type: ignore[attr-defined]
        urls: list[Any] = super().get_urls()  # type: ignore[misc]
        return [path("search/", view, name="coupons_coupon_search"), *urls]

    def search_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):  # type: ignore[attr-defined]
            return HttpResponse(status=403)
        term = request.POST.get(SEARCH_VAR, "").replace("\0", "").strip()[:TERM_LENGTH]
        query = {name: request.POST[name] for name in FILTERS if request.POST.get(name)}
        if term:
            query |= {KEY: str(listing.key_of(term)), SEALED: _sealed(term)}
        return HttpResponseRedirect(self._list_address(query))

    def number_instead(self, request: HttpRequest) -> HttpResponse | None:
        """To the list of the customers whose numbers begin like this, when it was no code."""
        if SEALED not in request.GET or shelf_of(request).found is not None:
            return None
        term = _unsealed(request.GET[SEALED])
        if not term or not listing.is_number(term):
            return None
        query = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
        return HttpResponseRedirect(self._list_address({**query, SEARCH_VAR: term}))

    def _list_address(self, query: dict[str, str]) -> str:
        address = reverse(f"{self.admin_site.name}:coupons_coupon_changelist")  # type: ignore[attr-defined]
        return f"{address}?{urlencode(query)}" if query else address


def _sealed(term: str) -> str:
    return urlsafe_b64encode(Cipher(PURPOSE).encrypt(term.encode(), b"")).decode()


def _unsealed(text: str) -> str:
    try:
        return Cipher(PURPOSE).decrypt(urlsafe_b64decode(text.encode()), b"").decode()
    except (CannotDecrypt, ValueError):
        return ""


def number_or_none(text: str | None) -> int | None:
    """None = not asked for; what is no number names nothing."""
    if not text:
        return None
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
