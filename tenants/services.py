"""The verbs of the tenants room."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit.services import record
from tenants.choices import BankStatus
from tenants.errors import (
    BadBankDetails,
    BadSlug,
    BadStatusChange,
    BankIsClosed,
    DuplicateCode,
    DuplicateDomain,
    DuplicateSlug,
    NotAllowed,
    ReservedSlug,
    SchemaExists,
)
from tenants.events import BANK_CREATED, BANK_DETAILS_CHANGED, BANK_STATUS_CHANGED
from tenants.hosts import bank_host
from tenants.locks import take_for_transaction
from tenants.models import SLUG, Bank, Domain
from tenants.pinyin import name_key
from tenants.schemas import schema_exists, schema_name_of
from tenants.search_path import on_public
from tenants.seeds import seed_digest
from tenants.template import current_replay

_BUMP = """
    INSERT INTO public.tenants_schemaversion AS held (schema_name, version, changed_at)
    VALUES (%s, 1, %s)
    ON CONFLICT (schema_name)
    DO UPDATE SET version = held.version + 1, changed_at = EXCLUDED.changed_at
"""


def announce_change(schema_name: str) -> None:
    """Let every process notice within a second. The last statement of its transaction: it locks
    the schema's row until the commit."""
    with connection.cursor() as cursor:
        cursor.execute(_BUMP, [schema_name, timezone.now()])


def provision_bank(
    *,
    slug: str,
    name: str,
    short_name: str = "",
    prefecture: str = "",
    code: str = "",
    skin: str = "huxiang",
    actor: Any = None,
) -> Bank:
    """Make a bank: its schema, its row and its host name, all or nothing. ``actor`` None is the
    system: a command, the demo."""
    _require(actor, "tenants.add_bank")
    _refuse_bad_slug(slug)
    with on_public():
        bank = Bank(
            schema_name=schema_name_of(slug), slug=slug, name=name, name_key=name_key(name),
            short_name=short_name or name, prefecture=prefecture, code=code, skin=skin,
            status=BankStatus.ACTIVE,
        )  # fmt: skip
        _refuse_bad_details(bank)
        replay = current_replay()
        with transaction.atomic():
            take_for_transaction(f"bank.slug.{slug}", f"bank.code.{code}")
            _refuse_taken(bank)
            replay.run(bank.schema_name)
            _write_rows(bank, actor)
    return bank


def _refuse_bad_slug(slug: str) -> None:
    try:
        SLUG(slug)
    except ValidationError as error:
        raise BadSlug(
            _("“%(slug)s” cannot be a host name. %(rule)s")
            % {"slug": slug, "rule": error.messages[0]}
        ) from error
    if slug in settings.RESERVED_SLUGS:
        raise ReservedSlug(_("“%(slug)s” is reserved for the platform.") % {"slug": slug})


def _refuse_bad_details(bank: Bank) -> None:
    try:
        bank.clean_fields(exclude=["name_key"])
    except ValidationError as error:
        sentences = [
            f"{Bank._meta.get_field(field).verbose_name}: {' '.join(messages)}"
            for field, messages in error.message_dict.items()
        ]
        raise BadBankDetails(" ".join(sentences)) from error


def _refuse_taken(bank: Bank) -> None:
    """Under the locks of this slug and code: what is free now stays free until the commit."""
    if Bank.objects.filter(slug=bank.slug).exists():
        raise DuplicateSlug(_("There is a bank “%(slug)s” already.") % {"slug": bank.slug})
    if bank.code and Bank.objects.filter(code=bank.code).exists():
        raise DuplicateCode(_("Another bank has the code %(code)s.") % {"code": bank.code})
    if Domain.objects.filter(domain=bank_host(bank.slug)).exists():
        raise DuplicateDomain(
            _("The host name %(host)s is taken.") % {"host": bank_host(bank.slug)}
        )
    if schema_exists(bank.schema_name):
        raise SchemaExists(
            _("The database has a schema %(schema)s already; it belongs to no bank.")
            % {"schema": bank.schema_name}
        )


def _write_rows(bank: Bank, actor: Any) -> None:
    bank.provisioned_at = timezone.now()
    bank.seed_digest = seed_digest()
    bank.save(force_insert=True)
    Domain.objects.bulk_create([Domain(tenant=bank, domain=bank_host(bank.slug), is_primary=True)])
    after = {"slug": bank.slug, "name": bank.name, "code": bank.code, "status": bank.status}
    record(BANK_CREATED, actor=actor, target=bank, after=after)
    announce_change(bank.schema_name)


def change_bank_status(*, actor: Any, bank: Bank, status: str, reason: str) -> Bank:
    """Open, suspend or close a bank; every process follows within a second. Closed is final."""
    _require(actor, "tenants.change_bank")
    reason = reason.strip()
    if not reason:
        raise BadStatusChange(_("Give the reason of the change."))
    with on_public(), transaction.atomic():
        row = Bank.objects.select_for_update().get(pk=bank.pk)
        before = BankStatus(row.status)
        _refuse_status(before, status)
        row.status = status
        row.save(update_fields=["status", "updated_at"])
        record(
            BANK_STATUS_CHANGED, actor=actor, target=row, reason=reason,
            before={"status": before.value}, after={"status": status},
        )  # fmt: skip
        announce_change(row.schema_name)
    return row


DETAILS = ("name", "short_name", "prefecture", "code", "skin")


def change_bank_details(*, actor: Any, bank: Bank, **details: str) -> Bank:
    """Correct what a bank is called and looks like. Its slug, schema and host name stay."""
    _require(actor, "tenants.change_bank")
    if unknown := set(details) - set(DETAILS):
        raise BadBankDetails(", ".join(sorted(unknown)))
    with on_public(), transaction.atomic():
        take_for_transaction(f"bank.code.{details.get('code', '')}")
        row = Bank.objects.select_for_update().get(pk=bank.pk)
        changed = [field for field, value in details.items() if getattr(row, field) != value]
        if not changed:
            return row
        before = {field: getattr(row, field) for field in changed}
        for field in changed:
            setattr(row, field, details[field])
        row.name_key = name_key(row.name)
        _refuse_bad_details(row)
        if row.code and Bank.objects.filter(code=row.code).exclude(pk=row.pk).exists():
            raise DuplicateCode(_("Another bank has the code %(code)s.") % {"code": row.code})
        row.save(update_fields=[*changed, "name_key", "updated_at"])
        after = {field: details[field] for field in changed}
        record(BANK_DETAILS_CHANGED, actor=actor, target=row, before=before, after=after)
        announce_change(row.schema_name)
    return row


def _refuse_status(before: BankStatus, status: str) -> None:
    if before is BankStatus.CLOSED:
        raise BankIsClosed(_("A closed bank stays closed."))
    if status not in BankStatus.values:
        raise BadStatusChange(_("There is no status “%(status)s”.") % {"status": status})
    if status == BankStatus.ONBOARDING or status == before:
        raise BadStatusChange(
            _("A bank that is %(before)s cannot become %(after)s.")
            % {"before": before.label, "after": BankStatus(status).label}
        )


def _require(actor: Any, permission: str) -> None:
    # The room of operators stands above this one: all that is known of an actor is has_perm.
    if actor is not None and not actor.has_perm(permission):
        raise NotAllowed(_("You may not do this."))
