from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from openapi_gateway.base_services.liveness.models import Capture, PurgeProof
from openapi_gateway.outbox.models import Announcement
from tests.openapi_gateway.liveness.phones import (
    CALLBACK,
    a_capture,
    a_person,
    begin,
    judge_all,
)
from tests.openapi_gateway.making import PRODUCTION, SANDBOX

pytestmark = pytest.mark.usefixtures("simulators")
VERIFY = "/gw/v1/liveness/results:verify"


@pytest.mark.parametrize("environment", [SANDBOX, PRODUCTION])
def test_a_living_person_passes_and_the_result_is_told_in_full(
    alpha: Any, environment: str
) -> None:
    phone = begin(a_person(alpha, environment), callback_url=CALLBACK)

    told = phone.try_with("live")

    assert (told["status"], told["decision"]) == ("passed", "live")
    assert (told["score"], told["threshold"], told["similarity"]) == (0.9873, 0.8, None)
    assert (told["billable"], told["retryable"], told["failure_code"]) == (True, False, None)
    assert all(told[name] for name in ("model_version", "vendor_ref", "completed_at"))
    assert told["result_token"].count(".") == 2
    assert told["evidence_ref"]["ref"].startswith("ev_")


@pytest.mark.parametrize(
    ("word", "status", "decision", "code", "is_billable"),
    [
        ("spoof-photo", "failed", "spoof", "LIVE.SPOOF_PHOTO", True),
        ("spoof-mask", "failed", "spoof", "LIVE.SPOOF_MASK", True),
        ("uncertain", "uncertain", "uncertain", "LIVE.UNCERTAIN", True),
        ("no-face", "started", None, "LIVE.NO_FACE", False),
        ("refuse-code", "started", None, "LIVE.MEDIA_REFUSED", False),
    ],
)
def test_what_the_engine_finds_is_what_the_partner_is_told(
    alpha: Any, word: str, status: str, decision: str | None, code: str, is_billable: bool
) -> None:
    told = begin(a_person(alpha)).try_with(word)

    assert (told["status"], told["decision"]) == (status, decision)
    assert (told["failure_code"], told["billable"]) == (code, is_billable)


def test_a_face_that_cannot_be_judged_costs_an_attempt_and_the_third_one_ends_it(
    alpha: Any,
) -> None:
    phone = begin(a_person(alpha))

    left = [phone.try_with("no-face")["attempts_left"] for _ in range(2)]
    last = phone.try_with("no-face")

    assert left == [2, 1]
    assert (last["status"], last["attempts_left"]) == ("failed", 0)
    assert (last["failure_code"], last["decision"]) == ("LIVE.NO_FACE", None)
    assert phone.send(a_capture()).json()["code"] == "GW.STATE.CONFLICT"


def test_another_persons_face_does_not_pass_a_comparison(alpha: Any) -> None:
    compare = {"type": "id_photo", "ref": "photo-1"}

    same = begin(a_person(alpha), compare=compare).try_with("live")
    other = begin(a_person(alpha), compare=compare).try_with("stranger")

    assert (same["status"], same["similarity"] > 0.8) == ("passed", True)
    assert (other["status"], other["failure_code"]) == ("started", "LIVE.FACE_MISMATCH")


def test_the_steps_of_a_session_are_judged_one_by_one(alpha: Any) -> None:
    phone = begin(a_person(alpha), mode="multi")
    assert [step["kind"] for step in phone.begun["sdk_params"]["steps"]] == ["silent", "action"]
    assert phone.send(a_capture(), step=2).json()["code"] == "LIVE.STEP_ORDER"

    between = phone.try_with("live")
    assert (between["status"], between["attempts_left"]) == ("started", 3)
    assert phone.send(a_capture(), step=1).json()["code"] == "LIVE.STEP_ORDER"

    assert phone.try_with("live", step=2)["status"] == "passed"


def test_partners_hear_of_the_end_once_and_at_the_sessions_own_address(alpha: Any) -> None:
    phone = begin(a_person(alpha), callback_url=CALLBACK)
    phone.try_with("spoof-screen")

    told = Announcement.objects.get(data__session_id=phone.session_id)
    assert (told.kind, told.callback_url) == ("liveness.finished", CALLBACK)
    assert (told.data["status"], told.data["decision"]) == ("failed", "spoof")
    assert "score" not in told.data


def test_a_result_token_is_valid_once(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    partner, session = phone.person.partner, phone.session
    token = phone.try_with("live")["result_token"]

    wrong = partner.post(VERIFY, {"result_token": token, "biz_no": "another"}).json()
    first = partner.post(VERIFY, {"result_token": token, "biz_no": session.biz_no}).json()
    second = partner.post(VERIFY, {"result_token": token, "biz_no": session.biz_no}).json()

    assert wrong == {"valid": False, "decision": None, "consumed_at": None}
    assert (first["valid"], first["decision"]) == (True, "live")
    assert (second["valid"], second["decision"]) == (False, None)
    assert second["consumed_at"] == first["consumed_at"]
    assert phone.result()["result_token"] is None


def test_a_result_token_of_another_client_or_changed_or_late_is_not_valid(alpha: Any) -> None:
    phone, other = begin(a_person(alpha)), a_person(alpha)
    token = phone.try_with("live")["result_token"]
    body = {"result_token": token, "biz_no": phone.session.biz_no}
    head, claims, signature = token.split(".")
    forged = {**body, "result_token": f"{head}.{claims[:-2]}AA.{signature}"}
    unsigned = {**body, "result_token": f"{head}.{claims}."}

    assert not other.partner.post(VERIFY, body).json()["valid"]
    for each in (forged, unsigned):
        assert not phone.person.partner.post(VERIFY, each).json()["valid"]
    past = timezone.now() - timedelta(seconds=301)
    type(phone.session).objects.filter(pk=phone.session.pk).update(completed_at=past)
    assert phone.result()["result_token"] is None
    told = json.loads(urlsafe_b64decode(claims + "=="))
    assert told["exp"] - told["iat"] == 300


def test_what_is_no_result_token_at_all_is_not_valid(alpha: Any) -> None:
    partner, right = a_person(alpha).partner, b'{"alg":"ES256","typ":"liveness-result+jwt"}'
    deep = urlsafe_b64encode(b"[" * 1_000).decode()
    head = urlsafe_b64encode(right).decode()
    for token in ("a", "..", "é.é.é", f"{deep}.e30.AA", f"{head}.{deep}.AA", f"{head}.e30.AA"):
        answer = partner.post(VERIFY, {"result_token": token, "biz_no": "1"})
        assert (answer.status_code, answer.json()["valid"]) == (200, False)


def test_no_face_is_left_after_judging_and_the_proof_says_so(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    body = a_capture("live")
    phone.send(body)
    held = Capture.objects.get(session=phone.session)
    assert held.media is not None
    assert body not in bytes(held.media)

    judge_all(phone.session)

    held.refresh_from_db()
    proof = PurgeProof.objects.get(session=phone.session)
    assert held.media is None
    assert (proof.reason, proof.captures, proof.size) == ("processed", 1, len(body))


def test_deleting_ends_a_session_and_gives_a_receipt_the_same_again(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    partner = phone.person.partner
    phone.send(a_capture())

    first, second = (partner.call("DELETE", phone.path) for _ in range(2))
    judge_all(phone.session)

    assert (first.status_code, second.status_code) == (204, 204)
    assert "sha-256=:" in first.headers["Purge-Receipt"]
    assert first.headers["Purge-Receipt"] == second.headers["Purge-Receipt"]
    assert phone.result()["status"] == "cancelled"
    told = Announcement.objects.get(data__session_id=phone.session_id)
    assert told.data["status"] == "cancelled"
    assert not Capture.objects.filter(session=phone.session, media__isnull=False).exists()
    assert phone.send(a_capture()).json()["code"] == "GW.STATE.CONFLICT"


def test_deleting_a_finished_session_forgets_what_was_measured(alpha: Any) -> None:
    phone = begin(a_person(alpha))
    phone.try_with("live")

    phone.person.partner.call("DELETE", phone.path)

    told = phone.result()
    assert (told["status"], told["decision"]) == ("passed", "live")
    assert told["score"] is None
    assert told["vendor_ref"] is None
    assert told["result_token"] is None
    assert told["evidence_ref"] is None
    assert told["purged_at"]
