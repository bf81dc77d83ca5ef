from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone
from django_otp.oath import totp
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators.middleware import SignInSecurityMiddleware
from operators.models import Operator, SecondFactorDevice
from operators.services import (
    apply_role_change,
    disable_operator,
    issue_password_link,
    reset_second_factor,
)
from operators.sign_in import second_factor
from operators.sign_in.passwords import change_own_password
from tests.operators.people import PASSWORD, fresh, make_operator

HOME = "/admin/"
VERIFY = "/admin/account/second-factor/"
SETUP = "/admin/account/second-factor/setup/"
CHANGE = "/admin/password_change/"


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(timezone.now(), tick=False) as coordinates:
        yield coordinates


def sign_in(client: Client, username: str, password: str = PASSWORD) -> Any:
    return client.post("/admin/login/", {"username": username, "password": password})


def enrol(operator: Operator) -> tuple[SecondFactorDevice, list[str]]:
    device = second_factor.begin_enrolment(actor=operator)
    return second_factor.confirm_enrolment(actor=operator, code=code_of(device))


def code_of(device: SecondFactorDevice, later: int = 0) -> str:
    device.refresh_from_db()
    seconds_from_zero = device.t0 - later * device.step
    return f"{totp(device.bin_key, device.step, seconds_from_zero):06d}"


# --- how long a session lasts ---------------------------------------------------------------------


def test_signing_in_leads_to_the_workbench_and_out_again(at_alpha: Client, mia: Operator) -> None:
    answer = sign_in(at_alpha, "mia")
    assert (answer.status_code, answer.headers["Location"]) == (302, HOME)
    assert at_alpha.get(HOME).status_code == 200

    out = at_alpha.post("/admin/logout/")

    assert out.headers["Location"].startswith("/admin/login/")
    assert at_alpha.get(HOME).headers["Location"].startswith("/admin/login/")
    assert AuditEvent.objects.filter(event="operators.signed_out").count() == 1


def test_signing_out_by_a_link_is_refused(at_alpha: Client, mia: Operator) -> None:
    sign_in(at_alpha, "mia")
    assert at_alpha.get("/admin/logout/").status_code == 405
    assert at_alpha.get(HOME).status_code == 200


def test_the_refusal_is_on_the_sign_in_page(at_alpha: Client, mia: Operator) -> None:
    for _number in range(5):
        answer = sign_in(at_alpha, "mia", "Wrong-horse-7")
    assert answer.status_code == 200
    until = timezone.localtime(fresh(mia).locked_until)
    assert f"{until:%Y-%m-%d %H:%M}" in answer.content.decode()


def test_thirty_idle_minutes_end_a_session(
    at_alpha: Client, mia: Operator, clock: time_machine.Coordinates
) -> None:
    sign_in(at_alpha, "mia")
    at_alpha.get(HOME)
    clock.shift(timedelta(minutes=29))
    assert at_alpha.get(HOME).status_code == 200
    clock.shift(timedelta(minutes=29))
    assert at_alpha.get(HOME).status_code == 200
    clock.shift(timedelta(minutes=30))

    answer = at_alpha.get("/admin/operators/branch/?q=x")

    assert answer.headers["Location"].startswith("/admin/login/?ended=idle&next=%2Fadmin%2Foper")
    assert AuditEvent.objects.get(event="operators.signed_out").after == {"why": "idle"}
    assert at_alpha.get(HOME).status_code == 302


def test_pages_that_refresh_themselves_keep_nobody_signed_in(
    at_alpha: Client, mia: Operator, clock: time_machine.Coordinates
) -> None:
    sign_in(at_alpha, "mia")
    at_alpha.get(HOME)
    for _number in range(5):
        clock.shift(timedelta(minutes=5))
        assert at_alpha.get(HOME, headers={"X-Background": "1"}).status_code == 200
    clock.shift(timedelta(minutes=5))

    answer = at_alpha.get(HOME, headers={"X-Background": "1"})

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/admin/login/?ended=idle")


def test_eight_hours_end_a_session_however_busy(
    at_alpha: Client, mia: Operator, clock: time_machine.Coordinates
) -> None:
    sign_in(at_alpha, "mia")
    for _number in range(8 * 60 // 20):
        assert at_alpha.get(HOME).status_code == 200
        clock.shift(timedelta(minutes=20))

    assert "ended=too_long" in at_alpha.get(HOME).headers["Location"]


def test_activity_is_written_once_a_minute(
    at_alpha: Client, mia: Operator, clock: time_machine.Coordinates
) -> None:
    sign_in(at_alpha, "mia")
    at_alpha.get(HOME)
    written = Session.objects.values_list("session_data", flat=True)
    before = list(written.all())
    clock.shift(timedelta(seconds=59))
    at_alpha.get(HOME)
    assert list(written.all()) == before
    clock.shift(timedelta(seconds=1))
    at_alpha.get(HOME)
    assert list(written.all()) != before


def test_what_an_administrator_changes_ends_the_sessions_at_once(
    at_alpha: Client, ada: Operator, mia: Operator, bank: Any
) -> None:
    chen = make_operator("chen", "checker")
    enrol(mia)
    device = SecondFactorDevice.objects.get(user=mia)
    changes = [
        lambda: issue_password_link(actor=ada, operator_id=mia.pk),
        lambda: apply_role_change(actor=chen, operator_id=mia.pk, roles=["viewer"]),
        lambda: change_own_password(actor=fresh(mia), present=PASSWORD, password="Brand-new-1"),
        lambda: reset_second_factor(actor=ada, operator_id=mia.pk),
        lambda: disable_operator(actor=ada, operator_id=mia.pk),
    ]
    for change in changes:
        at_alpha.force_login(fresh(mia), backend="operators.backends.OperatorBackend")
        before = at_alpha.get(VERIFY, headers={"X-Background": "1"}).headers.get("Location", "")
        assert not before.startswith("/admin/login/")
        change()
        assert at_alpha.get(HOME).headers["Location"].startswith("/admin/login/")
    assert device.pk


def test_a_session_of_one_bank_is_nothing_at_another(
    alpha: Any, beta: Any, at_alpha: Client
) -> None:
    """Even for a person of the same number, name and password hash."""
    with tenant_context(alpha):
        make_operator("mia", "maker")
        mia = Operator.objects.get(username="mia")
    with tenant_context(beta):
        twin = make_operator("mia")
        Operator.objects.filter(pk=twin.pk).update(id=mia.pk, password=mia.password)
        Group.objects.get(name="maker").user_set.add(mia.pk)
    sign_in(at_alpha, "mia")
    assert at_alpha.get(HOME).status_code == 200

    elsewhere = at_alpha.get(HOME, headers={"Host": "beta.localhost"})
    assert elsewhere.headers["Location"].startswith("/admin/login/")

    with tenant_context(alpha):
        row = Session.objects.get()
    with tenant_context(beta):
        Session.objects.create(
            session_key=row.session_key, session_data=row.session_data, expire_date=row.expire_date
        )
    copied = at_alpha.get(HOME, headers={"Host": "beta.localhost"})
    assert copied.headers["Location"].startswith("/admin/login/")


def test_cookies_stay_on_their_host(at_alpha: Client, mia: Operator, settings: Any) -> None:
    sign_in(at_alpha, "mia")

    cookies = at_alpha.cookies
    assert cookies
    for cookie in cookies.values():
        assert cookie["domain"] == ""
        assert cookie["path"] == "/"
        assert cookie["samesite"] == "Lax"
        assert cookie["httponly"]


def test_cookies_of_a_production_run_are_secure_and_bound_to_the_host() -> None:
    import os
    import subprocess
    import sys

    asked = [f"{kind}_COOKIE_{fact}" for fact in ("NAME", "SECURE") for kind in ("SESSION", "CSRF")]
    program = (
        "from django.conf import settings as s;"
        f"print([getattr(s, name) for name in {asked!r}], s.TWO_FACTOR_REQUIRED)"
    )
    environment = {
        **os.environ,
        "DEBUG": "0",
        "FUXIANG_EMBEDDED": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "['__Host-session', '__Host-csrf', True, True] True"


# --- the password must change ---------------------------------------------------------------------


def test_an_old_password_lets_nobody_further_than_changing_it(
    at_alpha: Client, mia: Operator
) -> None:
    sign_in(at_alpha, "mia")
    Operator.objects.filter(pk=mia.pk).update(
        password_changed_at=timezone.now() - timedelta(days=91)
    )
    for address in (HOME, "/admin/operators/branch/", "/admin/account/second-factor/manage/"):
        assert at_alpha.get(address).headers["Location"].startswith(CHANGE)
    assert at_alpha.post(HOME).headers["Location"].startswith(CHANGE)
    assert at_alpha.get(CHANGE).status_code == 200

    new = {"present": PASSWORD, "password": "Brand-new-1", "again": "Brand-new-1"}
    assert at_alpha.post(CHANGE, new).headers["Location"] == HOME

    assert at_alpha.get(HOME).status_code == 200
    assert fresh(mia).check_password("Brand-new-1")


@pytest.mark.parametrize(
    "given",
    [
        {"present": "Wrong-1-horse", "password": "Brand-new-1", "again": "Brand-new-1"},
        {"present": PASSWORD, "password": "Brand-new-1", "again": "Brand-new-2"},
        {"present": PASSWORD, "password": "weak", "again": "weak"},
        {"present": PASSWORD, "password": PASSWORD, "again": PASSWORD},
        {},
    ],
)
def test_a_refused_password_keeps_the_old_one(
    at_alpha: Client, mia: Operator, given: dict[str, str]
) -> None:
    sign_in(at_alpha, "mia")

    assert at_alpha.post(CHANGE, given).status_code in {200, 422}

    assert fresh(mia).check_password(PASSWORD)


# --- the second factor ----------------------------------------------------------------------------


def test_setting_up_shows_a_picture_a_secret_and_codes_once(
    at_alpha: Client, mia: Operator
) -> None:
    sign_in(at_alpha, "mia")
    page = at_alpha.get(SETUP).content.decode()
    assert "<svg" in page
    device = SecondFactorDevice.objects.get(user=mia)
    assert second_factor.secret_text(device) in page
    assert at_alpha.get(SETUP).content.decode().count(second_factor.secret_text(device)) == 1
    assert at_alpha.post(SETUP, {"code": "000000"}).status_code == 422

    device.refresh_from_db()
    SecondFactorDevice.objects.filter(pk=device.pk).update(
        throttling_failure_count=0, throttling_failure_timestamp=None
    )
    shown = at_alpha.post(SETUP, {"code": code_of(device)})

    codes = re.findall(r"<code>([a-z0-9]{8})</code>", shown.content.decode())
    assert len(codes) == len(set(codes)) == 10
    assert at_alpha.get(HOME).status_code == 200, "the session that set it up goes on"
    assert all(code not in at_alpha.get(VERIFY + "manage/").content.decode() for code in codes)


def test_with_a_second_factor_the_password_alone_opens_nothing(
    at_alpha: Client, mia: Operator
) -> None:
    device, _codes = enrol(mia)
    sign_in(at_alpha, "mia")

    for address in (HOME, SETUP, CHANGE, VERIFY + "manage/", VERIFY + "remove/"):
        assert at_alpha.get(address).headers["Location"].startswith(VERIFY)
    assert at_alpha.post(VERIFY, {"code": code_of(device)}).status_code == 422, "used already"

    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        assert at_alpha.post(VERIFY, {"code": code_of(device)}).headers["Location"] == HOME
        assert at_alpha.get(HOME).status_code == 200
    names = AuditEvent.objects.values_list("event", flat=True)
    assert {"operators.second_factor_failed", "operators.second_factor_passed"} <= set(names)


def test_a_recovery_code_lets_in_once(at_alpha: Client, mia: Operator) -> None:
    _device, codes = enrol(mia)
    sign_in(at_alpha, "mia")
    assert at_alpha.post(VERIFY, {"code": codes[0].upper()}).headers["Location"] == HOME
    assert second_factor.recovery_codes_left(mia) == 9

    other = Client(HTTP_HOST="alpha.localhost")
    sign_in(other, "mia")
    assert other.post(VERIFY, {"code": codes[0]}).status_code == 422


def test_guessing_codes_gets_slower(at_alpha: Client, mia: Operator) -> None:
    device, _codes = enrol(mia)
    sign_in(at_alpha, "mia")
    with time_machine.travel(timezone.now() + timedelta(seconds=90), tick=False):
        right = code_of(device)
        for _number in range(4):
            assert at_alpha.post(VERIFY, {"code": "000000"}).status_code == 422
        assert at_alpha.post(VERIFY, {"code": right}).status_code == 422, "not so soon"
    with time_machine.travel(timezone.now() + timedelta(seconds=200), tick=False):
        assert at_alpha.post(VERIFY, {"code": code_of(device)}).headers["Location"] == HOME


def test_removing_needs_the_password(at_alpha: Client, mia: Operator) -> None:
    _device, codes = enrol(mia)
    sign_in(at_alpha, "mia")
    at_alpha.post(VERIFY, {"code": codes[0]})
    assert at_alpha.post(VERIFY + "remove/", {"present": "Wrong-1-horse"}).status_code == 422
    assert second_factor.is_enrolled(mia)

    assert at_alpha.post(VERIFY + "remove/", {"present": PASSWORD}).status_code == 302

    assert not second_factor.is_enrolled(mia)
    assert at_alpha.get(HOME).status_code == 200


def test_new_recovery_codes_replace_the_old(at_alpha: Client, mia: Operator) -> None:
    device, old = enrol(mia)
    sign_in(at_alpha, "mia")
    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        at_alpha.post(VERIFY, {"code": code_of(device)})
        page = at_alpha.post(VERIFY + "codes/", {"present": PASSWORD}).content.decode()
    new = re.findall(r"<code>([a-z0-9]{8})</code>", page)
    assert len(new) == 10
    assert not set(new) & set(old)


def test_a_platform_reviewer_must_set_one_up_before_anything_else(
    at_platform: Client, settings: Any
) -> None:
    settings.TWO_FACTOR_REQUIRED = True
    rita = make_operator("rita", "compliance_reviewer")
    sign_in(at_platform, "rita")
    assert at_platform.get(HOME).headers["Location"].startswith(SETUP)
    assert at_platform.get(VERIFY + "manage/").headers["Location"].startswith(SETUP)

    device = second_factor.begin_enrolment(actor=rita)
    assert at_platform.post(SETUP, {"code": code_of(device)}).status_code == 200
    assert at_platform.get(HOME).status_code == 200
    assert at_platform.post(VERIFY + "remove/", {"present": PASSWORD}).status_code == 422

    again = Client(HTTP_HOST="console.localhost")
    sign_in(again, "rita")
    assert again.get(HOME).headers["Location"].startswith(VERIFY)


def test_other_people_may_go_without_one(at_platform: Client, settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED = True
    make_operator("paul", "operator")
    sign_in(at_platform, "paul")
    assert at_platform.get(HOME).status_code == 200


# --- language -------------------------------------------------------------------------------------


def test_the_language_is_chosen_by_the_person_not_by_the_browser(at_alpha: Client) -> None:
    first = at_alpha.get("/admin/login/", headers={"Accept-Language": "en"})
    assert first.headers["Content-Language"] == "zh-hans"

    answer = at_alpha.post("/i18n/setlang/", {"language": "en", "next": "/admin/login/"})

    assert answer.status_code == 302
    assert at_alpha.get("/admin/login/").headers["Content-Language"] == "en"
    at_alpha.cookies["django_language"] = "xx; drop"
    assert at_alpha.get("/admin/login/").headers["Content-Language"] == "zh-hans"


def test_a_call_without_a_session_cookie_never_looks_at_one() -> None:
    """request.user is not even there: the session stays untouched, so nothing varies by cookie."""
    request = RequestFactory().get("/api/channel/v1/home")
    answer = HttpResponse()

    assert SignInSecurityMiddleware(lambda _request: answer)(request) is answer
