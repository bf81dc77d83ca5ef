from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_tenants.utils import tenant_context

from operators import totp_keys
from operators.checks import the_active_key_has_a_short_name
from operators.models import Operator, SecondFactorDevice
from operators.sign_in import second_factor
from tenants.encryption import CannotDecrypt
from tests.operators.people import make_operator
from tests.operators.test_sessions import code_of, enrol

SEALING: Any = import_module("operators.migrations.0002_seal_second_factors")
# As the migration gets it: only the connection is asked for.
EDITOR = type("Editor", (), {"connection": connection})
PLAIN = "3132333435363738393031323334353637383930"


def stored(operator: Operator) -> str:
    return TOTPDevice.objects.values_list("key", flat=True).get(user=operator)


def plain_device(operator: Operator) -> SecondFactorDevice:
    """As they were kept before."""
    return SecondFactorDevice.objects.create(user=operator, name="totp", key=PLAIN)


def test_the_secret_of_a_new_device_is_not_in_the_database(mia: Operator) -> None:
    device, _codes = enrol(mia)

    assert len(device.bin_key) == 20
    assert device.bin_key.hex() not in stored(mia)
    assert stored(mia).startswith(totp_keys.MARK)
    assert second_factor.verify(actor=mia, code=code_of(device, later=1)).pk == device.pk
    assert stored(mia).startswith(totp_keys.MARK), "a verified code is written back"


def test_whoever_reads_the_column_as_a_plain_secret_fails(mia: Operator) -> None:
    enrol(mia)

    with pytest.raises(ValueError, match=r"hex|Odd-length"):
        TOTPDevice.objects.get(user=mia).bin_key  # noqa: B018


def test_a_cell_opens_for_its_person_of_its_bank_alone(mia: Operator, beta: Any) -> None:
    cell = totp_keys.seal(b"secret", mia.pk)

    assert totp_keys.unseal(cell, mia.pk) == b"secret"
    for wrong in (cell[:-1] + ("0" if cell[-1] != "0" else "1"), totp_keys.MARK, "$ \x00"):
        with pytest.raises(CannotDecrypt):
            totp_keys.unseal(wrong, mia.pk)
    with pytest.raises(CannotDecrypt):
        totp_keys.unseal(cell, mia.pk + 1)
    with tenant_context(beta), pytest.raises(CannotDecrypt):
        totp_keys.unseal(cell, mia.pk)


def test_devices_from_before_are_sealed_and_go_on_working(mia: Operator) -> None:
    other = make_operator("otto", "maker")
    device, late = plain_device(mia), plain_device(other)
    assert second_factor.verify(actor=mia, code=code_of(device)).pk == device.pk

    SEALING.seal_all(apps, EDITOR)
    sealed = stored(mia)
    SEALING.seal_all(apps, EDITOR)

    assert stored(mia) == sealed
    assert sealed.startswith(totp_keys.MARK)
    late.refresh_from_db()
    assert second_factor.verify(actor=other, code=code_of(late)).pk == late.pk
    SEALING.open_all(apps, EDITOR)
    assert stored(mia) == stored(other) == PLAIN


def test_a_new_active_key_leaves_older_devices_working(mia: Operator, settings: Any) -> None:
    device, _codes = enrol(mia)
    settings.FIELD_KEYS = {"2026-12-newer": bytes(range(32)), **settings.FIELD_KEYS}

    assert second_factor.verify(actor=mia, code=code_of(device, later=1))
    longest = totp_keys.seal(bytes(20), mia.pk)
    assert len(longest) <= TOTPDevice._meta.get_field("key").max_length
    assert the_active_key_has_a_short_name(None) == []
    settings.FIELD_KEYS = {"2026-12-newest": bytes(32), **settings.FIELD_KEYS}
    assert [each.id for each in the_active_key_has_a_short_name(None)] == ["operators.E002"]
