"""A coupon file into a batch: begun, loaded slice by slice, and finished or taken back.

The rows stand in the stock from the first slice on; as long as the batch is loading nobody sees
them. Whoever is killed leaves such a batch: loading it again goes through the same slices, and what
is there already counts as landed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.context import current_schema
from audit.services import record
from coupons import events
from coupons.choices import KEPT_BATCHES, BatchOrigin, BatchState
from coupons.errors import BatchRefused
from coupons.models import Batch, CouponTemplate, TemplateAccount
from coupons.stock.coupon_files import Rules, match_columns
from coupons.stock.discarding import clear_remains, fail_batch
from coupons.stock.finishing import finish
from coupons.stock.landing import Stock, TrialStock, connected
from coupons.stock.loading import Load, Progress, loading_lock, one_loader
from coupons.stock.outcomes import Loaded, outcome_of
from coupons.terms.reading import Terms, terms_of
from intake.errors import FileRefused
from intake.opening import opened
from operators.models import Branch
from operators.permissions import require, require_branch
from tenants.locks import is_held

if TYPE_CHECKING:
    from intake.tables import Table
    from operators.models import Operator

IMPORT_PERMISSION = "coupons.add_batch"
NAME_LENGTH, FILE_NAME_LENGTH = 100, 200


class AlreadyImported(BatchRefused):
    """``batch`` holds this very file."""

    code = "already_imported"

    def __init__(self, batch: Batch) -> None:
        told = {"name": batch.name, "state": BatchState(batch.state).label}
        super().__init__(
            _(
                "This file has been imported already: batch “%(name)s” (%(state)s). Nothing was"
                " imported again."
            )
            % told
        )
        self.batch = batch


def begin_import(
    *,
    actor: Operator | None,
    template: CouponTemplate,
    path: Path,
    file_name: str = "",
    name: str = "",
    all_or_nothing: bool = False,
    mapping: Mapping[str, str] | None = None,
    job_uid: UUID | None = None,
    at: datetime | None = None,
) -> Batch:
    """A batch that waits for ``load_batch``; nothing of the file has landed yet. ``actor`` None =
    the system, by the command.

    A file that was begun for this template and left by a killed process: its batch, to be loaded
    on as it was begun. Raises ``FileRefused``, ``AlreadyImported``, ``BatchRefused``.
    """
    if actor is not None:
        require(actor, IMPORT_PERMISSION)
        require_branch(actor, "")
    at = at or timezone.now()
    terms = live_terms(template)
    clear_remains()
    file_name = (file_name or path.name)[-FILE_NAME_LENGTH:]
    with opened(path) as (table, digest):
        rules = rules_of(terms, table.kind, at)
        match_columns(table, rules, mapping)
        refuse_without_rows(table)
    batch = Batch(
        template=template, name=(name or file_name)[:NAME_LENGTH], origin=BatchOrigin.IMPORT,
        state=BatchState.LOADING, file_name=file_name, file_sha256=digest,
        all_or_nothing=all_or_nothing, job_uid=job_uid, created_by=actor, created_at=at,
        state_at=at, wanted={"terms_version": terms.version, "mapping": dict(mapping or {})},
    )  # fmt: skip
    with transaction.atomic():
        Batch.objects.bulk_create([batch], ignore_conflicts=True)
        found = Batch.objects.filter(uid=batch.uid).first()
        if found is None:
            return _earlier(template, digest)
        record(
            events.BATCH_BEGUN, actor=actor, target=found, at=at,
            after={"template": template.code, "file": file_name, "sha256": digest,
                   "all_or_nothing": all_or_nothing},
        )  # fmt: skip
    return found


def _earlier(template: CouponTemplate, digest: str) -> Batch:
    """The batch that holds the file; returned only when it waits for being loaded on."""
    batch = Batch.objects.filter(file_sha256=digest, state__in=KEPT_BATCHES).first()
    if batch is None:
        raise BatchRefused(_("The earlier import of this file was just discarded. Try again."))
    is_left = batch.state == BatchState.LOADING and not is_held(loading_lock(batch.pk))
    if is_left and batch.template_id == template.pk:
        return batch
    raise AlreadyImported(batch)


def load_batch(
    *,
    batch_id: int,
    path: Path,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    error_folder: Path | None = None,
    at: datetime | None = None,
) -> Loaded:
    """Brings the file of a begun batch into the stock, or goes on where a killed process stopped.

    Ends loaded; or discarded, when nothing could land or nothing was to land unless all did; or
    failed, with ``FileRefused``. What ``progress`` raises stops the work and leaves the batch to be
    loaded on. A batch that is past loading is answered as it is.
    """
    started, at = time.monotonic(), at or timezone.now()
    batch = Batch.objects.select_related("template").get(pk=batch_id)
    if batch.state != BatchState.LOADING:
        return outcome_of(batch)
    mapping = batch.wanted.get("mapping") if mapping is None else mapping
    try:
        with connected() as client, one_loader(client, batch_id):
            with opened(path) as (table, digest):
                _refuse_other_file(batch, digest)
                rules = rules_of(begun_terms(batch), table.kind, batch.created_at)
                stock = Stock(client, batch.pk, batch.template_id)
                load = Load(table, match_columns(table, rules, mapping), rules, stock)
                loaded = load.run(path.stem, error_folder, progress)
            loaded.sha256 = digest
            loaded.seconds = round(time.monotonic() - started, 3)
            return finish(batch, loaded, at)
    except FileRefused as error:
        fail_batch(batch, str(error), at)
        raise


def check_file(
    *,
    template: CouponTemplate,
    path: Path,
    mapping: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    error_folder: Path | None = None,
    at: datetime | None = None,
) -> Loaded:
    """What would become of the file; nothing lands."""
    started, at = time.monotonic(), at or timezone.now()
    terms = live_terms(template)
    with opened(path) as (table, digest), connected() as client:
        rules = rules_of(terms, table.kind, at)
        matched = match_columns(table, rules, mapping)
        with client.transaction(force_rollback=True):
            trial = TrialStock(client, 0, template.pk)
            trial.begin()
            loaded = Load(table, matched, rules, trial).run(path.stem, error_folder, progress)
    loaded.sha256, loaded.dry_run = digest, True
    loaded.seconds = round(time.monotonic() - started, 3)
    return loaded


# --- what decides about the rows ------------------------------------------------------------------
def live_terms(template: CouponTemplate) -> Terms:
    version = TemplateAccount.objects.filter(template=template).values_list(
        "live_version", flat=True
    )
    found = version.first()
    if found is None:
        raise BatchRefused(
            _("The coupon template “%(code)s” is not published. Publish it first, then import.")
            % {"code": template.code},
            code="template_not_live",
        )
    return terms_of(current_schema(), template.pk, found)


def begun_terms(batch: Batch) -> Terms:
    return terms_of(current_schema(), batch.template_id, batch.wanted["terms_version"])


def rules_of(terms: Terms, kind: str, at: datetime) -> Rules:
    branches = dict(Branch.objects.order_by().values_list("code", "id"))
    return Rules(terms, branches, at, kind)


def refuse_without_rows(table: Table) -> None:
    if next(table.records, None) is None:
        raise FileRefused(_("The file has headers only, no rows below them."), code="headers_only")


def _refuse_other_file(batch: Batch, digest: str) -> None:
    if digest != batch.file_sha256:
        raise BatchRefused(
            _("This is not the file that the batch “%(name)s” was begun with.")
            % {"name": batch.name},
            code="other_file",
        )
