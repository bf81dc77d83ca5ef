from __future__ import annotations

import datetime as dt
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from openapi_gateway.webhooks import guard, sending
from openapi_gateway.webhooks.choices import Outcome
from openapi_gateway.webhooks.errors import AddressRefused
from tests.openapi_gateway.webhooks.partner import partner_server, raw_server, status

PUBLIC = "93.184.216.34"
NAME = "hooks.partner.example.com"
INSIDE = [
    "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.100.100.200", "100.127.255.255",
    "0.0.0.0", "0.1.2.3", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",  # noqa: S104  (to be refused)
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.7", "168.63.129.16",
    "192.88.99.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "100::1",
    "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_of_any_network_that_is_not_public_passes(address: str) -> None:
    assert not guard.is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "114.114.114.114", "2400:3200::1"])
def test_public_addresses_pass(address: str) -> None:
    assert guard.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.partner.example.com/", "https://127.0.0.1/", "https://[::1]/",
        "https://10.0.0.1/", "https://2130706433/", "https://0x7f.1/", "https://127.1/",
        "https://017700000001/", "https://localhost/", "https://a.localhost/",
        "https://metadata.google.internal/", "https://printer.local/", "https://intranet/",
        "https://user@hooks.partner.example.com/", "https://u:p@hooks.partner.example.com/",
        "https://hooks.partner.example.com:22/", "https://hooks.partner.example.com:80/",
        "https://hooks.partner.example.com:99999/", "ftp://hooks.partner.example.com/",
        "file:///etc/passwd", "gopher://hooks.partner.example.com/", "//hooks.partner.example.com",
        "https://hooks.partner.example.com/#x", "https://hooks.partner.example.com\\@10.0.0.1/",
        "https://hooks.partner.example.com/a b", "https://hooks.partner.example.com/\r\nHost: x",
        "https://hooks。partner。example。com/", "https://１２７.0.0.1/", "https://", "", " ",
        "https://" + "a" * 300 + ".com/",
        "https://hooks.partner.example.com../", "https://hooks..example.com/",
        "https://metadata.google.internal./", "http://127.0.0.1:8000/", "http://localhost/",
    ],
)  # fmt: skip
def test_what_is_no_callback_address_is_refused_by_its_form(url: str, settings: Any) -> None:
    settings.WEBHOOK_LOCAL = False
    with pytest.raises(AddressRefused):
        guard.target_of(url, "sandbox")


def test_a_name_that_cannot_be_asked_for_is_an_address_that_is_not_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guard, "target_of", lambda *_args: guard.Target("a..com", 443, is_tls=True))
    assert sending.post("https://a..com/", "production", {}, b"{}").outcome is Outcome.ADDRESS


def test_a_public_name_passes_on_443_and_8443() -> None:
    assert guard.target_of(f"https://{NAME}/x?y=1", "production").port == 443
    assert guard.target_of(f"https://{NAME}:8443/x", "production").port == 8443


@pytest.mark.parametrize(
    ("local", "allowed", "environment", "url", "passes"),
    [
        (True, True, "sandbox", "http://127.0.0.1:8000/x", True),
        (True, True, "sandbox", "http://localhost:8000/x", True),
        (True, True, "production", "http://127.0.0.1:8000/x", False),
        (False, True, "sandbox", "http://127.0.0.1:8000/x", False),
        (True, False, "sandbox", "http://127.0.0.1:8000/x", False),
        (True, True, "sandbox", "http://10.0.0.1:8000/x", False),
        (True, True, "sandbox", "http://user@127.0.0.1:8000/x", False),
        (True, True, "sandbox", "http://127.0.0.1.evil.example/x", False),
    ],
)
def test_this_machine_is_called_only_in_local_trials(
    settings: Any, local: bool, allowed: bool, environment: str, url: str, passes: bool
) -> None:
    settings.LOCAL, settings.WEBHOOK_LOCAL = local, allowed

    assert guard.is_local_trial(url, environment) is passes


@pytest.mark.parametrize("address", [*INSIDE[:8], "::ffff:10.0.0.1", "fd00::1"])
def test_one_inside_answer_among_public_ones_is_refused(address: str) -> None:
    target = guard.target_of(f"https://{NAME}/", "production")

    with pytest.raises(AddressRefused):
        guard.safe_addresses(target, lambda _host, _port: [PUBLIC, address])
    with pytest.raises(AddressRefused):
        guard.safe_addresses(target, lambda _host, _port: [])


# --- the connection itself ------------------------------------------------------------------------
class Connecting:
    """Stands where the network begins: writes down where it was led, and leads to a test server."""

    def __init__(self, port: int = 0) -> None:
        self.port, self.to = port, []  # type: ignore[var-annotated]

    def __call__(self, address: str, port: int, timeout: float) -> httpcore.NetworkStream:
        self.to.append((address, port))
        if not self.port:
            raise httpcore.ConnectError("refused")
        return sending.connect("127.0.0.1", self.port, timeout)


def test_a_name_that_changes_its_mind_is_asked_once_and_pinned() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    connecting = Connecting()
    result = sending.post(
        f"https://{NAME}/", "production", {}, b"{}", resolver=rebinding, connector=connecting
    )

    assert asked == [NAME]
    assert connecting.to == [(PUBLIC, 443)]
    assert result.outcome is Outcome.NETWORK


def test_an_inside_answer_is_never_connected_to() -> None:
    connecting = Connecting()

    result = sending.post(
        f"https://{NAME}/", "production", {}, b"{}",
        resolver=lambda _host, _port: ["10.0.0.1"], connector=connecting,
    )  # fmt: skip

    assert result.outcome is Outcome.ADDRESS
    assert connecting.to == []


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    connecting = Connecting()
    sending.post(
        f"https://{NAME}/", "production", {}, b"{}",
        resolver=lambda _host, _port: [PUBLIC, "8.8.8.8"], connector=connecting,
    )  # fmt: skip

    assert connecting.to == [(PUBLIC, 443), ("8.8.8.8", 443)]


def test_name_and_certificate_are_those_of_the_address_that_was_given(tmp_path: Path) -> None:
    server_side, client_side = certificates(tmp_path, NAME)

    with partner_server(status(204), context=server_side) as partner:
        connecting = Connecting(partner.port)
        result = sending.post(
            f"https://{NAME}:8443/x?y=1", "production", {"webhook-id": "msg_1"}, b"{}",
            resolver=lambda _host, _port: [PUBLIC], connector=connecting, context=client_side,
        )  # fmt: skip

    assert (result.outcome, result.status) == (Outcome.DELIVERED, 204)
    assert connecting.to == [(PUBLIC, 8443)]
    assert partner.names == [NAME]
    headers, body = partner.received[0]
    assert headers["host"] == f"{NAME}:8443"
    assert headers["webhook-id"] == "msg_1"
    assert body == b"{}"


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    server_side, client_side = certificates(tmp_path, "other.example.com")

    with partner_server(context=server_side) as partner:
        result = sending.post(
            f"https://{NAME}/", "production", {}, b"{}",
            resolver=lambda _host, _port: [PUBLIC], connector=Connecting(partner.port),
            context=client_side,
        )  # fmt: skip

    assert result.outcome is Outcome.NETWORK
    assert partner.received == []


def certificates(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's context that trust each other."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    built = x509.CertificateBuilder(
        subject_name=subject, issuer_name=subject, public_key=key.public_key(),
        serial_number=x509.random_serial_number(), not_valid_before=now - dt.timedelta(days=1),
        not_valid_after=now + dt.timedelta(days=1),
    ).add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)  # fmt: skip
    certificate = built.sign(key, hashes.SHA256())
    file = folder / "server.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(pem)
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    return server_side, ssl.create_default_context(cadata=certificate.public_bytes(pem).decode())


# --- what partners' servers do --------------------------------------------------------------------
@pytest.fixture
def _here(settings: Any) -> None:
    settings.LOCAL = settings.WEBHOOK_LOCAL = True


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("code", "outcome"),
    [(200, Outcome.DELIVERED), (204, Outcome.DELIVERED), (299, Outcome.DELIVERED),
     (301, Outcome.REDIRECT), (307, Outcome.REDIRECT), (304, Outcome.REDIRECT),
     (400, Outcome.REFUSED), (404, Outcome.REFUSED), (410, Outcome.GONE), (429, Outcome.REFUSED),
     (500, Outcome.REFUSED), (503, Outcome.REFUSED)],
)  # fmt: skip
def test_the_status_decides_and_nothing_is_followed(code: int, outcome: Outcome) -> None:
    with partner_server(status(code, Location="http://127.0.0.1:1/inside")) as partner:
        result = sending.post(partner.url, "sandbox", {}, b"{}")

    assert (result.outcome, result.status) == (outcome, code)
    assert len(partner.received) == 1


@pytest.mark.usefixtures("_here")
def test_an_answer_that_drips_is_cut_at_the_time_limit() -> None:
    def drip(peer: Any) -> None:
        for each in b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789":
            peer.sendall(bytes([each]))
            time.sleep(0.05)

    with raw_server(drip) as url:
        began = time.monotonic()
        result = sending.post(url, "sandbox", {}, b"{}", total_seconds=0.4)

    assert result.outcome is Outcome.TIMEOUT
    assert time.monotonic() - began < 1.5


@pytest.mark.usefixtures("_here")
def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    sent = []

    def pour(peer: Any) -> None:
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
        for _each in range(800):
            peer.sendall(bytes(65_536))
            sent.append(65_536)

    with raw_server(pour) as url:
        result = sending.post(url, "sandbox", {}, b"{}")

    assert result.outcome is Outcome.DELIVERED
    assert sum(sent) < 20_000_000


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    ("said", "outcome"),
    [(b"hello\r\n\r\n", Outcome.BAD_ANSWER), (b"", Outcome.BAD_ANSWER),
     (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, Outcome.BAD_ANSWER)],
)  # fmt: skip
def test_what_is_no_http_is_a_failure(said: bytes, outcome: Outcome) -> None:
    with raw_server(lambda peer: peer.sendall(said)) as url:
        assert sending.post(url, "sandbox", {}, b"{}").outcome is outcome


@pytest.mark.usefixtures("_here")
def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    assert sending.post(url, "sandbox", {}, b"{}").outcome is Outcome.NETWORK
