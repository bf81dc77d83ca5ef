from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client as Browser
from django_otp import DEVICE_ID_SESSION_KEY
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from openapi_gateway.choices import Algorithm
from openapi_gateway.credentials import possession, services
from openapi_gateway.credentials.choices import KeyState
from openapi_gateway.credentials.identifiers import SECRET
from openapi_gateway.credentials.models import Client, Key
from openapi_gateway.credentials.sealing import open_secret
from operators.choices import PlatformRole
from operators.models import SecondFactorDevice
from operators.sites import bank_site, platform_site
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, sign_in
from tests.consoles.walking import shorten_walks
from tests.openapi_gateway.credentials.pairs import FAMILIES, shell
from tests.openapi_gateway.making import a_client, a_key_pair

CLIENTS, KEYS = "/admin/gateway_credentials/client/", "/admin/gateway_credentials/key/"
TERMS = {"days": "90", "addresses": "", "replaces": ""}


@pytest.fixture
def browser(maker: Any) -> Browser:
    return sign_in(maker)


def make_secret(browser: Browser, client: Client, environment: str = "sandbox", **more: Any) -> Any:
    return browser.post(f"{CLIENTS}{client.pk}/secret/{environment}/", {**TERMS, **more})


def text(answer: Any) -> str:
    found: str = answer.content.decode()
    return found


# --- clients --------------------------------------------------------------------------------------
def test_a_client_is_registered_and_edited_on_its_page(browser: Browser, bank: Any) -> None:
    answer = browser.post(
        f"{CLIENTS}add/", {"name": "Shop", "summary": "", "origins": "https://m.example.com"}
    )
    client = Client.objects.get(bank=bank, name="Shop")
    assert answer.status_code == 302
    assert client.origins == ["https://m.example.com"]

    page = f"{CLIENTS}{client.pk}/change/"
    assert client.app_id in text(browser.get(page))
    wrong = browser.post(page, {"name": "Shop", "summary": "", "origins": "http://x"})
    assert "is no web origin" in text(wrong)
    browser.post(page, {"name": "Shop 2", "summary": "", "origins": ""})
    client.refresh_from_db()
    assert (client.name, client.origins) == ("Shop 2", [])


def test_another_bank_s_clients_and_keys_are_not_found(
    browser: Browser, beta: Any, maker: Any
) -> None:
    with tenant_context(beta):
        other = make_operator("beta-maker", "maker")
        client = a_client(beta, "Beta's shop")
        key, _secret = services.make_secret(actor=other, client=client, environment="sandbox")
        waiting = services.upload_key(
            actor=other, client=client, environment="production",
            pem=a_key_pair(Algorithm.P256)[1],
        )  # fmt: skip

    for address in (
        f"{CLIENTS}{client.pk}/secret/sandbox/", f"{CLIENTS}{client.pk}/public-key/sandbox/",
        f"{KEYS}{waiting.pk}/proof/",
    ):  # fmt: skip
        assert browser.get(address).status_code == 404
        assert browser.post(address, TERMS).status_code == 404
    assert browser.post(f"{KEYS}{waiting.pk}/proof/renew/").status_code == 404
    for address in (f"{CLIENTS}{client.pk}/change/", f"{KEYS}{key.pk}/change/"):
        assert browser.get(address).status_code in (302, 404)
    for address in (CLIENTS, KEYS, f"{KEYS}?q={key.key_id}", f"{CLIENTS}?q=Beta"):
        assert "Beta&#x27;s shop" not in text(browser.get(address))


# --- the secret, once -----------------------------------------------------------------------------
def test_a_secret_is_shown_by_the_answer_that_made_it_and_by_nothing_else(
    browser: Browser, client_of_alpha: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    answer = make_secret(browser, client_of_alpha)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    found = SECRET.search(text(answer))
    assert found is not None
    secret = found[0]
    assert open_secret(Key.objects.select_related("client__bank").get()).decode() == secret
    # Not on the same page again, nor on any other, nor in what is kept of the person.
    key = Key.objects.get()
    for address in (
        f"{CLIENTS}{client_of_alpha.pk}/secret/sandbox/", f"{CLIENTS}{client_of_alpha.pk}/change/",
        CLIENTS, KEYS, f"{KEYS}{key.pk}/change/", "/admin/", f"{KEYS}?q={secret}",
        "/admin/audit/auditevent/",
    ):  # fmt: skip
        shown = text(browser.get(address))
        assert secret not in shown.replace(f"q={secret}", "").replace(f'value="{secret}"', "")
    for session in Session.objects.all():
        assert secret not in str(session.get_decoded())
    assert secret not in str(list(AuditEvent.objects.values()))
    assert secret not in caplog.text
    assert not any(secret in str(each.value) for each in browser.cookies.values())


def test_asking_again_makes_no_second_secret_unseen(
    browser: Browser, client_of_alpha: Client
) -> None:
    make_secret(browser, client_of_alpha)

    again = make_secret(browser, client_of_alpha)

    assert "Another key is active here by now" in text(again)
    assert SECRET.search(text(again)) is None
    assert Key.objects.count() == 1


def test_a_second_secret_replaces_the_key_that_was_seen(
    browser: Browser, client_of_alpha: Client
) -> None:
    make_secret(browser, client_of_alpha)
    old = Key.objects.get()
    page = browser.get(f"{CLIENTS}{client_of_alpha.pk}/secret/sandbox/")
    assert old.key_id in text(page)

    answer = make_secret(browser, client_of_alpha, replaces=old.key_id, overlap_days="10")

    assert SECRET.search(text(answer)) is not None
    old.refresh_from_db()
    assert old.state == KeyState.RETIRING


@pytest.mark.parametrize("wrong", [{"days": "366"}, {"days": "x"}, {"addresses": "10.0.0.300"}])
def test_bad_terms_get_a_sentence(
    browser: Browser, client_of_alpha: Client, wrong: dict[str, str]
) -> None:
    answer = make_secret(browser, client_of_alpha, **wrong)

    assert 'role="alert"' in text(answer)
    assert Key.objects.count() == 0


# --- key pairs ------------------------------------------------------------------------------------
@pytest.mark.parametrize("algorithm", FAMILIES)
@pytest.mark.parametrize("tool", ["OpenSSL", "Python"])
def test_the_command_lines_of_the_page_prove_possession(
    browser: Browser, client_of_alpha: Client, algorithm: Algorithm, tool: str, tmp_path: Path
) -> None:
    making = dict(zip(FAMILIES, possession.WAYS_TO_MAKE, strict=True))[algorithm]
    shell(tmp_path, making.lines)
    address = f"{CLIENTS}{client_of_alpha.pk}/public-key/production/"
    assert making.lines.splitlines()[0] in text(browser.get(address)).replace("&#x27;", "'")
    answer = browser.post(address, {**TERMS, "pem": (tmp_path / "public.pem").read_text()})
    key = Key.objects.get()
    assert answer["Location"] == f"{KEYS}{key.pk}/proof/"

    way = next(each for each in possession.ways_to_sign(key) if each.name == tool)
    python = f"{sys.executable} - <<'E'\n{way.lines}\nE\n"
    lines = way.lines if tool == "OpenSSL" else python
    page = text(browser.get(f"{KEYS}{key.pk}/proof/"))
    assert key.challenge in page
    proof = shell(tmp_path, lines)
    browser.post(f"{KEYS}{key.pk}/proof/", {"signature": proof})

    key.refresh_from_db()
    assert key.state == KeyState.ACTIVE


def test_a_private_key_is_refused_loudly_and_not_carried_back(
    browser: Browser, client_of_alpha: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    shell(tmp_path, possession.WAYS_TO_MAKE[0].lines)
    private = (tmp_path / "private.pem").read_text()
    address = f"{CLIENTS}{client_of_alpha.pk}/public-key/production/"
    middle = private.splitlines()[1][8:40]

    typed = browser.post(address, {**TERMS, "pem": private})
    with (tmp_path / "private.pem").open("rb") as file:
        uploaded = browser.post(address, {**TERMS, "pem": "", "file": file})

    for answer in (typed, uploaded):
        assert "This is a PRIVATE key" in text(answer)
        assert middle not in text(answer)
    assert middle not in caplog.text
    assert Key.objects.count() == 0
    assert middle not in str(list(AuditEvent.objects.values()))


def test_a_wrong_proof_is_told_and_a_new_challenge_can_be_had(
    browser: Browser, client_of_alpha: Client
) -> None:
    address = f"{CLIENTS}{client_of_alpha.pk}/public-key/sandbox/"
    browser.post(address, {**TERMS, "pem": a_key_pair(Algorithm.ED25519)[1]})
    key = Key.objects.get()
    page = f"{KEYS}{key.pk}/proof/"

    assert "not base64" in text(browser.post(page, {"signature": "***"}))
    wrong = base64.b64encode(bytes(64)).decode()
    assert "does not fit" in text(browser.post(page, {"signature": wrong}))
    challenge = key.challenge
    browser.post(f"{page}renew/")
    key.refresh_from_db()
    assert key.challenge != challenge
    assert key.state == KeyState.PENDING


def test_a_key_is_revoked_on_its_page(browser: Browser, client_of_alpha: Client) -> None:
    make_secret(browser, client_of_alpha)
    key = Key.objects.get()

    answer = browser.post(
        f"{KEYS}{key.pk}/revoke/",
        {"reason": "leaked", "_form_submitted": "on"},
        headers={"HX-Request": "true"},
    )

    assert answer.status_code == 200
    key.refresh_from_db()
    assert (key.state, key.revocation_reason) == (KeyState.REVOKED, "leaked")


@pytest.mark.parametrize("role", ["checker", "viewer"])
def test_who_makes_no_keys_is_offered_none(client_of_alpha: Client, bank: Any, role: str) -> None:
    onlooker = sign_in(make_operator("onlooker", role))

    page = text(onlooker.get(f"{CLIENTS}{client_of_alpha.pk}/change/"))

    assert "Make a secret" not in page
    for address in ("secret/sandbox/", "public-key/sandbox/"):
        answer = onlooker.get(f"{CLIENTS}{client_of_alpha.pk}/{address}")
        assert answer.status_code == 403


# --- nobody at the platform -----------------------------------------------------------------------
@pytest.mark.parametrize("role", list(PlatformRole))
def test_no_page_of_the_platform_shows_a_secret_or_what_is_stored_of_it(
    client_of_alpha: Client, maker: Any, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten_walks(monkeypatch)
    key, secret = services.make_secret(actor=maker, client=client_of_alpha, environment="sandbox")
    stored = bytes(Key.objects.get(pk=key.pk).secret)
    traces = [secret, secret[10:50], base64.b64encode(stored).decode()[:24], stored.hex()[:24]]
    with tenant_context(PLATFORM):
        person = make_operator(f"platform-{role}", role)
        browser = sign_in(person, "console.localhost")
        second_factor(browser, person)
        pages = 0
        for address in addresses(client_of_alpha, key):
            answer = browser.get(address, follow=True)
            shown = b"".join(answer) if answer.streaming else answer.content
            pages += answer.status_code == 200
            for trace in traces:
                assert trace.encode() not in shown, (address, role)
        for address in (f"{CLIENTS}{client_of_alpha.pk}/secret/sandbox/", f"{KEYS}{key.pk}/proof/"):
            for answer in (browser.get(address), browser.post(address, TERMS)):
                assert SECRET.search(text(answer)) is None
    assert pages > 15
    assert Key.objects.count() == 1


def second_factor(browser: Browser, person: Any) -> None:
    """Reviewers pass with a second factor; what they see behind it is the question here."""
    device = SecondFactorDevice.objects.create(user=person, name="test", confirmed=True)
    session = browser.session
    session[DEVICE_ID_SESSION_KEY] = device.persistent_id
    session.save()


def addresses(client: Client, key: Key) -> list[str]:
    """Every list of the platform's console, and every page about this client and this key."""
    lists = [
        f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for model in platform_site._registry
    ]
    searches = [f"{each}?q={key.key_id}" for each in lists if "gateway" in each or "audit" in each]
    return [
        *lists, *searches, f"{CLIENTS}{client.pk}/change/", f"{KEYS}{key.pk}/change/",
        f"{KEYS}{key.pk}/history/", "/admin/", f"/admin/search/?s={key.key_id}",
    ]  # fmt: skip


def test_no_field_of_any_admin_names_the_secret() -> None:
    for site in (bank_site, platform_site):
        for model, model_admin in site._registry.items():
            if model is not Key:
                continue
            shown = re.findall(r"'(\w+)'", repr([
                model_admin.list_display, model_admin.readonly_fields, model_admin.fields,
                model_admin.get_readonly_fields(None), model_admin.search_fields,  # type: ignore[arg-type]
                model_admin.list_filter,
            ]))  # fmt: skip
            assert not {"secret", "challenge", "digest"} & set(shown)
