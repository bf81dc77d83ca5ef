from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256, sha512
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from customers.consents import withdraw_consent
from openapi_gateway.access.choices import GrantState
from openapi_gateway.access.models import Grant
from openapi_gateway.base_services.liveness import caps
from openapi_gateway.base_services.liveness.choices import Counted
from openapi_gateway.base_services.liveness.models import Capture, FacePerson, LivenessSession
from openapi_gateway.changes import client_changed
from openapi_gateway.credentials import directory
from tests.openapi_gateway.liveness.phones import (
    PNG,
    SESSIONS,
    Phone,
    a_capture,
    a_person,
    begin,
    wish,
)
from tests.openapi_gateway.making import PRODUCTION, SANDBOX, a_ready_partner


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def nothing_counted(phone: Phone) -> bool:
    session = phone.session
    return (session.attempts_left, session.captures.count()) == (3, 0)


# --- Beginning ------------------------------------------------------------------------------------
def test_a_session_begins_with_a_challenge_and_a_token_that_is_not_kept(alpha: Any) -> None:
    phone = begin(a_person(alpha), mode="action", risk_level="high", ttl=60)

    session = phone.session
    steps = phone.begun["sdk_params"]["steps"]
    assert len(steps[0]["actions"]) == len(set(steps[0]["actions"])) == 3
    assert len(phone.token) >= 43
    assert phone.token not in str(vars(session))
    assert session.token_digest == sha256(phone.token.encode()).hexdigest()
    assert session.expires_at - session.created_at == timedelta(seconds=60)
    assert phone.begun["attempts_left"] == 3


def test_challenges_differ(alpha: Any) -> None:
    person = a_person(alpha)
    drawn = {
        tuple(begin(person, risk_level="high").begun["sdk_params"]["steps"][0]["actions"])
        for _ in range(12)
    }
    assert len(drawn) > 3


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"fallback_method": None}, ""),
        ({"consent_id": None}, ""),
        ({"fallback_method": "face"}, "/fallback_method"),
        ({"mode": "lips"}, "/mode"),
        ({"ttl": 181}, "/ttl"),
        ({"biz_no": ""}, "/biz_no"),
        ({"biz_no": "x" * 65}, "/biz_no"),
        ({"decision": "live"}, ""),
        ({"compare": {"type": "id_photo"}}, "/compare"),
        ({"compare": {"type": "picture", "ref": "x"}}, "/compare/type"),
    ],
)
def test_a_body_outside_the_schema_is_refused(
    alpha: Any, change: dict[str, Any], pointer: str
) -> None:
    person = a_person(alpha)
    answer = person.partner.post(SESSIONS, wish(person, **change))
    assert code_of(answer) == (400, "GW.REQ.SCHEMA")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not LivenessSession.objects.filter(client=person.partner.client).exists()


def test_a_business_number_has_one_session_and_its_second_is_told_which(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    body = wish(phone.person, biz_no=phone.session.biz_no)

    again = phone.person.partner.post(SESSIONS, body)

    assert code_of(again) == (409, "LIVE.BIZ_NO_USED")
    assert again.json()["session_id"] == phone.session_id


def test_the_same_idempotency_key_gives_the_same_session_and_token(alpha: Any) -> None:
    person, key = a_person(alpha), secrets.token_hex(8)
    body = wish(person)
    first, second = (person.partner.post(SESSIONS, body, key=key) for _ in range(2))
    assert first.json() == second.json()
    assert LivenessSession.objects.filter(client=person.partner.client).count() == 1


def test_no_session_without_the_persons_own_valid_consent(alpha: Any, beta: Any) -> None:
    person, other = a_person(alpha), a_person(alpha)
    elsewhere = a_person(beta)
    same_partner = a_person(alpha, partner=person.partner)
    wrong = [
        "not-a-uuid", "00000000-0000-0000-0000-000000000000", other.consent_id,
        elsewhere.consent_id, same_partner.consent_id,
    ]  # fmt: skip

    for consent_id in wrong:
        answer = person.partner.post(SESSIONS, wish(person, consent_id=consent_id))
        assert code_of(answer) == (422, "LIVE.CONSENT_INVALID")


def test_a_person_without_openid_is_found_by_the_consent(alpha: Any) -> None:
    person = a_person(alpha)
    named, unnamed = begin(person), begin(person, openid=None)
    assert named.session.subject == unnamed.session.subject
    assert unnamed.session.openid == ""


def test_an_openid_of_another_client_is_unknown(alpha: Any) -> None:
    person, other = a_person(alpha), a_person(alpha)
    answer = person.partner.post(SESSIONS, wish(person, openid=other.openid))
    assert code_of(answer) == (422, "LIVE.OPENID_UNKNOWN")


def test_only_the_grants_own_addresses_are_called_back(alpha: Any) -> None:
    person = a_person(alpha)
    answer = person.partner.post(
        SESSIONS, wish(person, callback_url="https://elsewhere.example/liveness")
    )
    assert code_of(answer) == (422, "LIVE.CALLBACK_NOT_LISTED")


def test_comparing_needs_a_scope_of_its_own(alpha: Any) -> None:
    person = a_person(alpha, scopes={"liveness": ["liveness.check"]})
    compare = {"type": "id_photo", "ref": "p"}
    answer = person.partner.post(SESSIONS, wish(person, compare=compare))
    assert code_of(answer) == (403, "LIVE.COMPARE_NOT_GRANTED")


def test_what_is_compared_with_is_not_readable_in_the_database(alpha: Any) -> None:
    phone = begin(a_person(alpha), compare={"type": "id_photo", "ref": "photo-of-somebody"})
    assert b"photo-of-somebody" not in bytes(phone.session.compare_ref)


# --- Capturing ------------------------------------------------------------------------------------
def test_the_phone_learns_how_it_stands_and_never_the_decision(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    assert phone.ask("GET", "progress").json()["status"] == "created"

    started = phone.ask("POST", "start")

    assert (started.status_code, started.json()["status"]) == (200, "started")
    assert started.json()["steps"] == phone.begun["sdk_params"]["steps"]
    phone.send(a_capture())
    told = phone.ask("GET", "progress").json()
    assert told["status"] == "processing"
    assert not {"decision", "score", "result_token"} & set(told)


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"<html>", "text/html", 415, "GW.REQ.MEDIA"),
        (b"{}", "application/json", 415, "GW.REQ.MEDIA"),
        (b"GIF89a", "image/png", 422, "LIVE.CAPTURE_UNREADABLE"),
        (PNG + b"x", "image/jpeg", 422, "LIVE.CAPTURE_UNREADABLE"),
        (PNG + b"x", "video/mp4", 422, "LIVE.CAPTURE_UNREADABLE"),
        (b"", "image/png", 415, "GW.REQ.MEDIA"),
        (PNG + bytes(5 * 2**20), "image/png", 413, "GW.REQ.TOO_LARGE"),
    ],
)
def test_what_is_no_picture_and_no_video_is_refused(
    alpha: Any, body: bytes, kind: str, status: int, code: str
) -> None:
    phone = begin(a_person(alpha))
    assert code_of(phone.send(body, kind=kind)) == (status, code)
    assert nothing_counted(phone)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (PNG + b"1", "image/png"),
        (b"\xff\xd8\xff\xe0 2", "image/jpeg"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"encrypted by the sdk", "application/octet-stream"),
    ],
)
def test_pictures_videos_and_what_an_sdk_encrypted_are_taken(
    alpha: Any, body: bytes, kind: str
) -> None:
    answer = begin(a_person(alpha)).send(body, kind=kind)
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["attempts_left"]) == ("processing", 2)


@pytest.mark.parametrize("digest", ["", "sha-256=:AAAA:", "0" * 64, "sha-512=:AAAA:", "md5=x"])
def test_a_capture_that_is_not_what_its_digest_says_is_refused(alpha: Any, digest: str) -> None:
    phone = begin(a_person(alpha))
    assert code_of(phone.send(a_capture(), digest=digest)) == (422, "LIVE.CAPTURE_DIGEST")
    assert nothing_counted(phone)


def test_a_capture_may_come_with_a_second_digest(alpha: Any) -> None:
    phone, body = begin(a_person(alpha)), a_capture()
    members = (
        f"{name}=:{b64encode(digest(body).digest()).decode()}:"
        for name, digest in (("sha-512", sha512), ("sha-256", sha256))
    )
    assert phone.send(body, digest=", ".join(members)).status_code == 202


def test_a_capture_needs_this_sessions_token(alpha: Any) -> None:
    phone, other = begin(a_person(alpha)), begin(a_person(alpha))
    for token in (other.token, "x", secrets.token_urlsafe(32)):
        assert code_of(phone.send(a_capture(), token=token)) == (404, "GW.RES.NOT_FOUND")
        assert code_of(phone.ask("POST", "start", token)) == (404, "GW.RES.NOT_FOUND")
        assert code_of(phone.ask("GET", "progress", token)) == (404, "GW.RES.NOT_FOUND")
    assert nothing_counted(phone)


def test_steps_come_in_their_order(alpha: Any) -> None:
    phone = begin(a_person(alpha), mode="multi")
    for step in (0, 2, 3):
        assert code_of(phone.send(a_capture(), step=step)) == (409, "LIVE.STEP_ORDER")
    assert nothing_counted(phone)


def test_an_expired_session_takes_nothing(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    past = timezone.now() - timedelta(seconds=1)
    LivenessSession.objects.filter(pk=phone.session.pk).update(expires_at=past, deadline=past)

    assert code_of(phone.send(a_capture())) == (410, "GW.SESSION.EXPIRED")
    assert code_of(phone.ask("POST", "start")) == (410, "GW.SESSION.EXPIRED")
    assert phone.result()["status"] == "expired"
    assert phone.ask("GET", "progress").json()["status"] == "expired"


def test_a_withdrawn_consent_ends_the_taking_of_faces(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    with tenant_context(alpha):
        withdraw_consent(
            customer_number=phone.person.number, consent_id=phone.session.consent_id,
            at=timezone.now(),
        )  # fmt: skip

    assert code_of(phone.send(a_capture())) == (422, "LIVE.CONSENT_INVALID")
    assert nothing_counted(phone)


def test_a_suspended_grant_stops_the_phone_too(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    Grant.objects.filter(client=phone.person.partner.client).update(state=GrantState.TERMINATED)
    client_changed(phone.person.partner.app_id)
    directory.forget_everything()

    assert code_of(phone.send(a_capture())) == (403, "GW.SCOPE.DENIED")
    assert nothing_counted(phone)


def a_waiting(phone: Phone) -> None:
    """As if the engine had given it back to the phone."""
    LivenessSession.objects.filter(pk=phone.session.pk).update(state="started")


def test_the_same_bytes_are_no_new_capture(alpha: Any) -> None:
    phone, body = begin(a_person(alpha)), a_capture()
    phone.send(body)
    a_waiting(phone)

    assert code_of(phone.send(body)) == (409, "LIVE.CAPTURE_REPLAYED")
    assert (phone.session.attempts_left, phone.session.captures.count()) == (2, 1)


def test_in_production_the_same_bytes_are_a_replay_in_every_session_of_the_bank(
    alpha: Any, beta: Any
) -> None:
    body, person = a_capture(), a_person(alpha, PRODUCTION)
    assert begin(person).send(body).status_code == 202

    assert code_of(begin(person).send(body)) == (409, "LIVE.CAPTURE_REPLAYED")
    again = begin(a_person(alpha, PRODUCTION)).send(body)
    assert code_of(again) == (409, "LIVE.CAPTURE_REPLAYED")
    assert begin(a_person(beta, PRODUCTION)).send(body).status_code == 202


def test_in_the_sandbox_partners_try_with_the_same_file(alpha: Any) -> None:
    body, person = a_capture(), a_person(alpha)
    assert [begin(person).send(body).status_code for _ in range(3)] == [202, 202, 202]


@pytest.mark.parametrize("counted", Counted)
def test_a_person_and_a_device_try_so_often_a_day(
    alpha: Any, monkeypatch: pytest.MonkeyPatch, counted: Counted
) -> None:
    monkeypatch.setitem(caps.PER_DAY_SANDBOX, counted, 2)
    people = [a_person(alpha)]
    if counted is Counted.DEVICE:
        people += [a_person(alpha), a_person(alpha)]
    phones = [begin(people[each % len(people)], device_id="device-1") for each in range(3)]

    answers = [phone.send(a_capture()) for phone in phones]

    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert (answers[2].json()["code"], answers[2].json()["per"]) == ("LIVE.RETRY_CAP", counted)
    assert nothing_counted(phones[2])


def test_persons_are_counted_once_and_in_production_only(alpha: Any) -> None:
    person = a_person(alpha, PRODUCTION)
    for phone in (begin(person), begin(person), begin(a_person(alpha))):
        assert phone.send(a_capture()).status_code == 202
    assert FacePerson.objects.filter(bank=alpha).count() == 1


# --- Others' sessions -----------------------------------------------------------------------------
def reads(phone: Phone) -> list[Callable[[Any], Any]]:
    return [
        lambda partner: partner.get(phone.path),
        lambda partner: partner.call("DELETE", phone.path),
    ]


def test_what_belongs_to_another_client_bank_or_environment_is_not_there(
    alpha: Any, beta: Any
) -> None:
    phone = begin(a_person(alpha))
    from tests.openapi_gateway.making import Algorithm, a_partner

    strangers = [
        a_ready_partner(alpha, ("liveness",)),
        a_ready_partner(beta, ("liveness",)),
        a_partner(phone.person.partner.client, PRODUCTION, Algorithm.P256),
    ]
    for stranger in strangers:
        for read in reads(phone):
            assert code_of(read(stranger)) == (404, "GW.RES.NOT_FOUND")
    other_host = strangers[2].host
    assert phone.person.partner.environment == SANDBOX
    assert code_of(phone.send(a_capture(), host=other_host)) == (404, "GW.RES.NOT_FOUND")
    assert phone.result()["status"] == "created"
    assert not Capture.objects.filter(session=phone.session).exists()


def test_a_capture_that_was_refused_leaves_no_bytes(alpha: Any) -> None:
    phone, body = begin(a_person(alpha)), a_capture()
    phone.send(body)
    a_waiting(phone)
    phone.send(body)
    assert Capture.objects.filter(media__isnull=False, session=phone.session).count() == 1
