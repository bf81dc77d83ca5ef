"""Which types a bank may make products of, as the database has it now."""

from __future__ import annotations

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from audit.context import current_schema
from fuxiang_zone.catalogue.directory import TypeInfo, all_types, read_type
from fuxiang_zone.catalogue.models import Activation, ProductType
from fuxiang_zone.errors import BadProduct


def require_type(code: str) -> TypeInfo:
    """Open in the catalogue, and opened by this bank. Raises ``BadProduct``. The type stays as it
    is until the transaction ends: whoever changes its fields then sees what is stored here."""
    _hold(code)
    info = read_type(code)
    if info is None:
        raise _refused(_("Choose a product type of the list."))
    if not _opened().filter(product_type__code=code).exists():
        raise _refused(
            _("This bank has not opened “%(type)s”. Apply for it under “Zone types” first.")
            % {"type": info.name}
        )
    if not info.is_open:
        raise _refused(
            _("The platform has closed “%(type)s”: nothing new is published of it.")
            % {"type": info.name}
        )
    return info


def _hold(code: str) -> None:
    """Banks do not wait for each other, only for the platform, and the platform for them."""
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(ProductType._meta.db_table)
        cursor.execute(f"SELECT 1 FROM {table} WHERE code = %s FOR SHARE", [code])  # noqa: S608


def types_offered() -> list[TypeInfo]:
    """In the catalogue's order."""
    codes = set(_opened().values_list("product_type__code", flat=True))
    return [info for info in all_types() if info.code in codes and info.is_open]


def _opened() -> QuerySet[Activation]:
    return Activation.objects.filter(bank__schema_name=current_schema())


def _refused(sentence: str) -> BadProduct:
    return BadProduct(sentence, field="type_code", code="type_not_open")
