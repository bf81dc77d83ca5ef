"""Every way in which a vendor can fail us, played by the simulator: an error, never a pass."""

from __future__ import annotations

import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex

import psutil
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from openapi_gateway.upstream import exchange
from openapi_gateway.upstream import liveness_engine as engine
from openapi_gateway.upstream.errors import UpstreamFailed
from openapi_gateway.upstream.models import Breaker, Vendor
from openapi_gateway.upstream.simulators.launching import Simulators

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("simulators")]

BUDGET_MS, MUCH_LATER = 400, 3.0


@pytest.fixture(autouse=True)
def _short_budget() -> None:
    Vendor.objects.filter(code="liveness").update(total_ms=BUDGET_MS, connect_ms=200)


def begin() -> str:
    return engine.begin(
        environment="sandbox", session_ref=f"ls_{token_hex(8)}.1", mode="silent"
    ).engine_ref


def failure_of(words: str) -> UpstreamFailed:
    media = token_hex(100).encode() + f"SIM:{words}".encode()
    with pytest.raises(UpstreamFailed) as caught:
        engine.submit(
            environment="sandbox", engine_ref=begin(), media=media,
            sha256=sha256(media).hexdigest(),
        )  # fmt: skip
    return caught.value


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


@pytest.mark.parametrize(
    "words",
    [
        "html", "html-as-json", "json-as-html", "nan", "nan-text", "infinity", "out-of-range",
        "no-score", "wrong-schema", "wrong-type", "extra-member", "not-utf8", "gbk", "empty",
        "hang-up", "redirect", "no-http", "server-error", "contradiction", "huge", "endless-head",
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_believed_is_a_bad_response(words: str) -> None:
    failure = failure_of(words)

    assert (failure.problem.code, failure.http_status) == ("UP.BAD_RESPONSE", 502)
    assert failure.is_fault
    assert failure.was_sent
    assert not failure.billable


@pytest.mark.parametrize("words", ["drip", "drip-head", "no-answer", "timeout"])
def test_whatever_takes_longer_than_the_budget_is_cut_off_at_it(words: str) -> None:
    with at_most(MUCH_LATER):
        failure = failure_of(words)

    assert (failure.problem.code, failure.http_status) == ("UP.TIMEOUT", 504)
    assert failure.is_fault


@pytest.mark.parametrize("words", ["refuse-unknown", "unknown-code"])
def test_a_code_that_nobody_has_translated_is_refused(words: str) -> None:
    failure = failure_of(words)

    assert (failure.problem.code, failure.http_status) == ("UP.REFUSED", 502)
    assert not failure.is_fault


def test_fifty_megabytes_are_not_kept_in_memory() -> None:
    Breaker.objects.filter(vendor__code="liveness").update(forced="closed", reason="test")
    failure_of("huge")  # whatever is loaded once is loaded now
    process = psutil.Process()
    before, peak = process.memory_info().rss, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for _ in range(3):
        assert failure_of("huge").problem.code == "UP.BAD_RESPONSE"

    assert process.memory_info().rss - before < 4 * 2**20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 4 * 1024


def test_nobody_listening_is_unreachable_and_not_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    failure = _begin_at(address)

    assert (failure.problem.code, failure.http_status) == ("UP.UNREACHABLE", 502)
    assert not failure.was_sent


def test_a_broken_tls_handshake_is_unreachable_and_not_sent(simulators: Simulators) -> None:
    address = simulators.liveness_url.replace("http://", "https://")

    failure = _begin_at(address)

    assert (failure.problem.code, failure.was_sent) == ("UP.UNREACHABLE", False)


def test_a_certificate_of_nobody_we_trust_is_unreachable(tmp_path: Path) -> None:
    with _self_signed_server(tmp_path) as address:
        failure = _begin_at(address)

    assert (failure.problem.code, failure.was_sent) == ("UP.UNREACHABLE", False)


def test_a_partner_is_told_neither_who_failed_nor_how() -> None:
    failure = failure_of("html")

    said = f"{failure.message} {failure.problem.title} {failure.facts} {failure.errors}"
    for secret in ("liveness", "127.0.0.1", "html", "Bad Gateway", "simul"):
        assert secret not in said.lower()


def _begin_at(address: str) -> UpstreamFailed:
    to = exchange.Destination("elsewhere", address, 0.3, 0.5, b"secret")
    with pytest.raises(UpstreamFailed) as caught:
        exchange.ask(to, "POST", "/v1/sessions", engine.SessionMade, body={})
    return caught.value


@contextmanager
def _self_signed_server(folder: Path) -> Iterator[str]:
    certificate, key = _certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(2)

        def serve() -> None:
            try:
                connection, _ = listening.accept()
                with context.wrap_socket(connection, server_side=True):
                    pass
            except OSError:
                return

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()


def _certificate(folder: Path) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(paths[0]), str(paths[1])
