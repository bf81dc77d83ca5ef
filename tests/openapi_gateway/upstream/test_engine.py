"""The liveness engine's adapter against the simulated engine, which really is another process."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from secrets import token_hex

import pytest

from openapi_gateway.upstream import liveness_engine as engine
from openapi_gateway.upstream.liveness_engine import EngineAnswer
from openapi_gateway.upstream.simulators.launching import Simulators

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("simulators")]


def begun(compare: dict[str, str] | None = None) -> str:
    session = engine.begin(
        environment="sandbox", session_ref=f"ls_{token_hex(8)}.1", mode="action",
        challenge=("blink", "nod"), compare=compare,
    )  # fmt: skip
    return session.engine_ref


def submitted(words: str, compare: dict[str, str] | None = None) -> EngineAnswer:
    media = b"\x89PNG\r\n" + token_hex(400).encode() + f"SIM:{words}".encode()
    digest = sha256(media).hexdigest()
    return engine.submit(
        environment="sandbox", engine_ref=begun(compare), media=media, sha256=digest
    )


def test_a_live_face_is_live_with_score_and_model() -> None:
    answer = submitted("live")

    assert (answer.state, answer.decision, answer.code) == ("done", "live", "LIVE.PASSED")
    assert answer.score == Decimal("0.9873")
    assert (answer.similarity, answer.billable, answer.retryable) == (None, True, False)
    assert answer.model_version
    assert answer.vendor == "liveness"


@pytest.mark.parametrize(
    ("word", "decision", "code", "is_retryable", "is_billable"),
    [
        ("spoof-photo", "spoof", "LIVE.SPOOF_PHOTO", False, True),
        ("spoof-screen", "spoof", "LIVE.SPOOF_SCREEN", False, True),
        ("spoof-mask", "spoof", "LIVE.SPOOF_MASK", False, True),
        ("uncertain", "uncertain", "LIVE.UNCERTAIN", True, True),
        ("no-face", None, "LIVE.NO_FACE", True, False),
        ("refuse-code", None, "LIVE.MEDIA_REFUSED", True, False),
    ],
)
def test_what_the_media_name_comes_out(
    word: str, decision: str | None, code: str, is_retryable: bool, is_billable: bool
) -> None:
    answer = submitted(word)

    assert (answer.state, answer.decision, answer.code) == ("done", decision, code)
    assert (answer.retryable, answer.billable) == (is_retryable, is_billable)


def test_a_comparison_gives_a_similarity_and_a_stranger_is_never_live() -> None:
    compare = {"type": "id_photo", "ref": "c_1"}

    assert submitted("live", compare).similarity == Decimal("0.9416")
    stranger = submitted("stranger", compare)
    assert (stranger.decision, stranger.code) == (None, "LIVE.FACE_MISMATCH")
    assert stranger.similarity == Decimal("0.2381")


def test_the_same_reference_gets_the_same_session_and_the_same_media_the_same_answer() -> None:
    ref = f"ls_{token_hex(8)}.1"
    first, again = (
        engine.begin(environment="sandbox", session_ref=ref, mode="silent") for _ in range(2)
    )
    media = token_hex(100).encode()
    answers = [
        engine.submit(
            environment="sandbox", engine_ref=first.engine_ref, media=media,
            sha256=sha256(media).hexdigest(),
        )
        for _ in range(2)
    ]  # fmt: skip

    assert first.engine_ref == again.engine_ref
    assert answers[0] == answers[1] == engine.fetch(
        environment="sandbox", engine_ref=first.engine_ref
    )  # fmt: skip


def test_what_was_discarded_is_gone_and_discarding_again_is_no_error() -> None:
    ref = begun()
    for _ in range(2):
        engine.discard(environment="sandbox", engine_ref=ref)

    with pytest.raises(engine.UpstreamFailed) as caught:
        engine.fetch(environment="sandbox", engine_ref=ref)
    assert caught.value.problem.code == "UP.REFUSED"


def test_the_simulators_are_processes_of_their_own(simulators: Simulators) -> None:
    assert len(set(simulators.pids)) == 2
