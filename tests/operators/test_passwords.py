from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators.errors import LinkSpent, PasswordRefused
from operators.models import Operator, PasswordLink, PasswordRecord
from operators.services import disable_operator, issue_password_link
from operators.sign_in.attempts import attempt_sign_in
from operators.sign_in.passwords import change_own_password, open_link, set_password_by_link
from tests.operators.people import PASSWORD, fresh, make_operator
from tests.operators.racing import race

NEW = "Brand-new-day-1"


def secret_of(address: str) -> str:
    return address.rstrip("/").rsplit("/", 1)[1]


def link_for(actor: Operator, operator: Operator, **more: Any) -> str:
    return secret_of(issue_password_link(actor=actor, operator_id=operator.pk, **more).address)


@pytest.mark.parametrize(
    "password",
    ["Ab1-xyz", "alllowercase", "lower1234567", "12345678901", "xMIAx-2026-!", "Password1", ""],
)
def test_a_weak_password_is_refused_and_nothing_changes(
    ada: Operator, mia: Operator, password: str
) -> None:
    secret = link_for(ada, mia)

    with pytest.raises(PasswordRefused):
        set_password_by_link(secret=secret, password=password)

    assert fresh(mia).check_password(PASSWORD)
    assert open_link(secret).operator == mia


@pytest.mark.parametrize("password", ["Ab1-xyz9", "天地玄黄Abc123", "lower-1234567"])
def test_three_classes_of_eight_characters_will_do(
    ada: Operator, mia: Operator, password: str
) -> None:
    set_password_by_link(secret=link_for(ada, mia), password=password)

    assert fresh(mia).check_password(password)


def test_the_last_five_passwords_cannot_be_used_again(mia: Operator) -> None:
    used = [PASSWORD]
    for number in range(5):
        used.append(f"Fine-password-{number}")
        change_own_password(actor=fresh(mia), present=used[-2], password=used[-1])
        for former in used[-5:]:
            with pytest.raises(PasswordRefused):
                change_own_password(actor=fresh(mia), present=used[-1], password=former)

    change_own_password(actor=fresh(mia), present=used[-1], password=PASSWORD)
    assert PasswordRecord.objects.filter(operator=mia).count() == 5


def test_changing_ones_own_password_needs_the_present_one(mia: Operator) -> None:
    with pytest.raises(PasswordRefused) as caught:
        change_own_password(actor=mia, present="Not-it-123", password=NEW)

    assert caught.value.code_text == "password.wrong"
    assert fresh(mia).check_password(PASSWORD)


def test_a_link_works_once_and_leaves_events(ada: Operator, mia: Operator) -> None:
    secret = link_for(ada, mia)
    set_password_by_link(secret=secret, password=NEW)

    with pytest.raises(LinkSpent):
        set_password_by_link(secret=secret, password="Another-day-2")

    assert attempt_sign_in(username="mia", password=NEW) == mia
    events = AuditEvent.objects.filter(target_label="Mia").values_list("event", flat=True)
    assert {"operators.password_link_issued", "operators.password_set"} <= set(events)


def test_only_a_digest_of_the_link_is_kept(ada: Operator, mia: Operator) -> None:
    secret = link_for(ada, mia)

    kept = PasswordLink.objects.get()
    assert secret not in kept.digest
    assert len(kept.digest) == 64
    trail = AuditEvent.objects.get(event="operators.password_link_issued")
    assert secret not in str(trail.after)


def test_a_link_ends_after_a_day_or_with_a_newer_one_or_with_the_account(
    ada: Operator, mia: Operator
) -> None:
    now = timezone.now()
    first = link_for(ada, mia, at=now - timedelta(hours=24))
    second = link_for(ada, mia, at=now - timedelta(hours=1))
    third = link_for(ada, mia, at=now)

    for secret in (first, second, "never-was"):
        with pytest.raises(LinkSpent):
            set_password_by_link(secret=secret, password=NEW, at=now)
    assert open_link(third, now).operator == mia
    disable_operator(actor=ada, operator_id=mia.pk)
    with pytest.raises(LinkSpent):
        set_password_by_link(secret=third, password=NEW)


def test_a_link_of_one_bank_is_nothing_at_another(
    ada: Operator, mia: Operator, alpha: Any, beta: Any
) -> None:
    secret = link_for(ada, mia)
    link = PasswordLink.objects.get()
    with tenant_context(beta):
        twin = make_operator("mia", "maker")
        PasswordLink.objects.create(
            operator=twin, digest=link.digest, created_at=link.created_at,
            expires_at=link.expires_at, issued_by="copied by hand",
        )  # fmt: skip
        with pytest.raises(LinkSpent):
            set_password_by_link(secret=secret, password=NEW)

    answer = Client(HTTP_HOST="beta.localhost").get(f"/admin/password/{secret}/")
    assert answer.status_code == 410


def test_a_reset_makes_the_old_password_good_only_for_choosing_a_new_one(
    ada: Operator, mia: Operator
) -> None:
    link_for(ada, mia)

    assert fresh(mia).must_renew_password(timezone.now())
    change_own_password(actor=fresh(mia), present=PASSWORD, password=NEW)
    assert not fresh(mia).must_renew_password(timezone.now())
    assert PasswordLink.objects.filter(expires_at__gt=timezone.now()).count() == 0


def test_a_password_is_too_old_after_ninety_days(mia: Operator) -> None:
    set_at = fresh(mia).password_changed_at
    assert set_at is not None
    assert not mia.must_renew_password(set_at + timedelta(days=89, hours=23))
    assert mia.must_renew_password(set_at + timedelta(days=90))


def test_of_twenty_who_use_a_link_at_once_one_succeeds(racing_bank: Any) -> None:
    with tenant_context(racing_bank):
        ada, mia = make_operator("ada", "administrator"), make_operator("mia", "maker")
        secret = link_for(ada, mia)
    calls = [
        partial(set_password_by_link, secret=secret, password=f"Brand-new-day-{number}")
        for number in range(20)
    ]

    results = race(racing_bank, calls)

    winners = [index for index, result in enumerate(results) if isinstance(result, Operator)]
    assert len(winners) == 1
    assert sum(isinstance(result, LinkSpent) for result in results) == 19
    with tenant_context(racing_bank):
        mia = Operator.objects.get(username="mia")
        assert mia.check_password(f"Brand-new-day-{winners[0]}")
        assert mia.password_records.count() == 2, "the former and the new"
    connection.set_schema_to_public()
