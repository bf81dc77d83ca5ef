from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators.errors import PasswordRefused, SignInRefused
from operators.models import Operator, UnknownName
from operators.sign_in import attempts
from operators.sign_in.attempts import attempt_sign_in, confirm_password
from tests.operators.people import PASSWORD, fresh, make_operator
from tests.operators.racing import race

WRONG = "Wrong-horse-7"


def refusal(username: str, password: str = WRONG, **more: Any) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        attempt_sign_in(username=username, password=password, **more)
    return caught.value


def events_about(label: str) -> list[str]:
    rows = AuditEvent.objects.filter(target_label=label).order_by("at", "event")
    return [row.event.removeprefix("operators.") for row in rows]


def test_the_right_password_signs_in_however_the_name_is_typed(mia: Operator) -> None:
    for name in ("mia", " MIA ", "ｍｉａ"):
        assert attempt_sign_in(username=name, password=PASSWORD) == mia
    assert events_about("Mia") == ["signed_in"] * 3


def test_five_failures_lock_for_thirty_minutes_and_say_until_when(mia: Operator) -> None:
    now = timezone.now()
    for _number in range(4):
        assert refusal("mia", at=now).code_text == "sign_in.wrong"

    locked = refusal("mia", at=now)

    assert locked.code_text == "sign_in.locked"
    until = timezone.localtime(now + timedelta(minutes=30))
    assert f"{until:%Y-%m-%d %H:%M}" in str(locked)
    assert refusal("mia", PASSWORD, at=now + timedelta(minutes=29)).code_text == "sign_in.locked"
    assert attempt_sign_in(username="mia", password=PASSWORD, at=now + timedelta(minutes=30)) == mia
    assert fresh(mia).failed_sign_ins == 0
    assert events_about("Mia").count("sign_in_failed") == 6
    assert events_about("Mia").count("sign_in_locked") == 1


def test_after_a_lock_there_are_five_tries_again(mia: Operator) -> None:
    now = timezone.now()
    for _number in range(5):
        refusal("mia", at=now)
    later = now + timedelta(minutes=31)

    codes = [refusal("mia", at=later).code_text for _number in range(5)]

    assert codes == ["sign_in.wrong"] * 4 + ["sign_in.locked"]


def test_success_forgets_failures_and_so_does_a_day(mia: Operator) -> None:
    now = timezone.now()
    for _number in range(4):
        refusal("mia", at=now)
    attempt_sign_in(username="mia", password=PASSWORD, at=now)
    for _number in range(4):
        refusal("mia", at=now)

    refusal("mia", at=now + timedelta(hours=25))

    assert fresh(mia).failed_sign_ins == 1


def test_an_unknown_name_is_answered_like_a_known_one(mia: Operator) -> None:
    now = timezone.now()
    known = [refusal("mia", at=now) for _number in range(7)]
    unknown = [refusal("nobody", at=now) for _number in range(7)]

    assert [str(each) for each in known] == [str(each) for each in unknown]
    assert [each.code_text for each in known] == [each.code_text for each in unknown]
    assert events_about("nobody") == events_about("Mia")


def test_an_unknown_name_costs_one_hash_like_a_known_one(
    mia: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    original = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return original(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    refusal("mia")
    for_known, hashed[:] = len(hashed), []
    refusal("nobody")

    assert (for_known, len(hashed)) == (1, 1)


def test_names_that_nobody_has_fill_no_table(bank: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "UNKNOWN_NAMES_KEPT", 20)
    for number in range(60):
        refusal(f"guess{number}")

    assert UnknownName.objects.count() <= 20
    assert UnknownName.objects.filter(pk="guess59").exists()


def test_a_disabled_operator_is_refused_with_the_right_password_only(bank: Any) -> None:
    make_operator("gone", "maker", is_active=False)

    assert refusal("gone").code_text == "sign_in.wrong"
    assert refusal("gone", PASSWORD).code_text == "sign_in.disabled"


def test_djangos_own_authenticate_goes_the_same_way(mia: Operator) -> None:
    assert authenticate(username="mia", password=PASSWORD) == mia
    for _number in range(5):
        assert authenticate(username="mia", password=WRONG) is None
    assert authenticate(username="mia", password=PASSWORD) is None


def test_nul_characters_and_endless_names_are_just_wrong(bank: Any) -> None:
    for name in ("\0", "x" * 5000, "'; drop table--", "用户"):
        assert refusal(name).code_text == "sign_in.wrong"


def test_asking_the_password_again_counts_like_signing_in(mia: Operator) -> None:
    confirm_password(actor=mia, password=PASSWORD)
    for _number in range(5):
        with pytest.raises(PasswordRefused):
            confirm_password(actor=mia, password=WRONG)

    with pytest.raises(SignInRefused):
        confirm_password(actor=mia, password=PASSWORD)
    assert fresh(mia).locked_until is not None


def test_a_hundred_guesses_at_once_get_five_looks_at_the_password(
    racing_bank: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_context(racing_bank):
        make_operator("mia", "maker")
    looks, lock = [], threading.Lock()
    original = Operator.check_password

    def counted(self: Operator, password: str) -> bool:
        with lock:
            looks.append(password)
        return original(self, password)

    monkeypatch.setattr(Operator, "check_password", counted)
    guesses = [f"guess-{number}" for number in range(100)]

    results = race(
        racing_bank,
        [partial(attempt_sign_in, username="mia", password=guess) for guess in guesses],
        lanes=25,
    )

    assert len(looks) == 5
    codes = [result.code_text for result in results]
    assert set(codes) <= {"sign_in.locked", "sign_in.wrong"}
    assert codes.count("sign_in.wrong") <= 4
    with tenant_context(racing_bank):
        mia = Operator.objects.get(username="mia")
        assert mia.failed_sign_ins == 5
        assert mia.locked_until is not None
        events = AuditEvent.objects.filter(target_label="Mia")
        assert events.filter(event="operators.sign_in_failed").count() == 100


def test_a_hundred_guesses_at_an_unknown_name_are_counted_the_same(racing_bank: Any) -> None:
    calls = [
        partial(attempt_sign_in, username="nobody", password=f"guess-{number}")
        for number in range(100)
    ]

    codes = [result.code_text for result in race(racing_bank, calls, lanes=25)]

    assert codes.count("sign_in.wrong") <= 4
    assert codes.count("sign_in.locked") >= 96
    with tenant_context(racing_bank):
        assert UnknownName.objects.get(pk="nobody").failed_sign_ins == 5
    connection.set_schema_to_public()
