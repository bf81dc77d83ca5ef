"""A file that is imported, submitted and approved in one go, for two named operators."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from approvals import registry
from approvals.services import approve_request
from audit.errors import DomainError
from coupons.choices import BatchState
from coupons.errors import BatchRefused, UnknownTemplate
from coupons.models import Batch, CouponTemplate
from coupons.stock.batch_kinds import APPROVE_PERMISSION
from coupons.stock.importing import (
    IMPORT_PERMISSION,
    AlreadyImported,
    begin_import,
    check_file,
    load_batch,
)
from coupons.stock.loading import Progress
from coupons.stock.outcomes import Loaded, as_already_imported
from coupons.stock.reviews import SUBMIT_PERMISSION, submit_batch
from operators.models import Operator
from operators.permissions import require


class UnknownOperator(DomainError):
    code = "unknown_operator"
    http_status = 404


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody at the command line wants done with a file, in the current bank."""

    template: str
    path: Path
    all_or_nothing: bool = False
    # Names with which operators sign in; empty = nobody.
    maker: str = ""
    checker: str = ""
    dry_run: bool = False
    error_folder: Path | None = None


@dataclass(slots=True)
class Carried:
    loaded: Loaded
    # Why the batch, although loaded, was not approved.
    refusal: str = ""


def carry_out(order: Order, progress: Progress | None = None) -> Carried:
    """Raises ``FileRefused`` and other ``DomainError``s; then nothing has landed. A batch that was
    loaded but may not be approved waits for a checker."""
    template = _template(order.template)
    maker, checker = _people(order)
    if order.dry_run:
        loaded = check_file(
            template=template, path=order.path, progress=progress, error_folder=order.error_folder
        )
        return Carried(loaded)
    try:
        batch = begin_import(
            actor=maker, template=template, path=order.path, all_or_nothing=order.all_or_nothing
        )
    except AlreadyImported as known:
        return Carried(as_already_imported(known.batch))
    loaded = load_batch(
        batch_id=batch.pk, path=order.path, progress=progress, error_folder=order.error_folder
    )
    return Carried(loaded, _through_review(loaded, maker, checker))


def _template(code: str) -> CouponTemplate:
    found = CouponTemplate.objects.filter(code=code).first()
    if found is None:
        raise UnknownTemplate(_("There is no coupon template “%(code)s”.") % {"code": code})
    return found


def _people(order: Order) -> tuple[Operator | None, Operator | None]:
    maker, checker = (
        _operator(name, permissions) if name else None
        for name, permissions in (
            (order.maker, (IMPORT_PERMISSION, SUBMIT_PERMISSION)),
            (order.checker, (APPROVE_PERMISSION,)),
        )
    )
    if maker is not None and maker == checker:
        raise BatchRefused(
            _("The maker and the checker are the same person. Name two different operators."),
            code="same_person",
        )
    return maker, checker


def _operator(name: str, permissions: tuple[str, ...]) -> Operator:
    found = Operator.objects.filter(username=name, is_active=True).first()
    if found is None:
        raise UnknownOperator(_("There is no active operator “%(name)s”.") % {"name": name})
    for permission in permissions:
        require(found, permission)
    return found


def _through_review(loaded: Loaded, maker: Operator | None, checker: Operator | None) -> str:
    if maker is None or loaded.batch is None or loaded.state != BatchState.LOADED:
        return ""
    try:
        request = submit_batch(actor=maker, batch_id=loaded.batch)
        if checker is not None and settings.LOCAL:
            asked = registry.get(request.kind).confirmations(request)
            approve_request(
                actor=checker, request_id=request.pk, confirmed=[each.key for each in asked]
            )
    except DomainError as error:
        return str(error)
    finally:
        loaded.state = Batch.objects.values_list("state", flat=True).get(pk=loaded.batch)
    return ""
