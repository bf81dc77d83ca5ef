from __future__ import annotations

import copy
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context
from unfold.settings import CONFIG_DEFAULTS

from announcements.catalogue.models import Skin
from config import appearance
from config.navigation import UNFOLD_BANK, UNFOLD_PLATFORM
from config.palette import palette
from tenants.services import announce_change
from tests.announcements.settings import publish_settings
from tests.approvals.people import make_operator

LOGIN = "/admin/login/"


def shade(colour: str) -> str:
    return f"--color-primary-600: {dict(palette(colour))['600']};"


@pytest.fixture(autouse=True)
def _forget(skins: None) -> None:
    appearance._skin_colour.cache_clear()


@pytest.fixture
def pages(alpha: Any, beta: Any) -> dict[str, Client]:
    type(beta).objects.filter(pk=beta.pk).update(skin="dragon")
    announce_change(beta.schema_name)
    return {host: Client(HTTP_HOST=f"{host}.localhost") for host in ("alpha", "beta", "console")}


def test_each_console_shows_its_own_colour_however_the_requests_mix(
    pages: dict[str, Client],
) -> None:
    expected = {"alpha": "#256D6B", "beta": "#9E1B32", "console": appearance.INK_BLUE}

    for host in ["alpha", "beta", "console", "beta", "alpha", "console", "alpha"]:
        text = pages[host].get(LOGIN).content.decode()

        assert shade(expected[host]) in text
        others = {shade(colour) for name, colour in expected.items() if name != host}
        assert not [other for other in others if other in text]


def test_rendering_changes_no_configuration_that_requests_share(pages: dict[str, Client]) -> None:
    before = copy.deepcopy((CONFIG_DEFAULTS["COLORS"], UNFOLD_BANK, UNFOLD_PLATFORM))

    for client in pages.values():
        client.get(LOGIN)

    assert (CONFIG_DEFAULTS["COLORS"], UNFOLD_BANK, UNFOLD_PLATFORM) == before


def test_each_console_shows_its_own_name(pages: dict[str, Client]) -> None:
    text = pages["alpha"].get(LOGIN).content.decode()

    assert "Alpha Bank" in text
    assert "Beta Bank" not in text


def test_a_changed_skin_shows_once_it_is_announced(pages: dict[str, Client]) -> None:
    pages["alpha"].get(LOGIN)
    Skin.objects.filter(code="huxiang").update(primary="#1F5FBF")
    announce_change("public")

    assert shade("#1F5FBF") in pages["alpha"].get(LOGIN).content.decode()


@pytest.mark.parametrize(
    ("values", "colour"),
    [
        ({"skin": "dragon"}, "#9E1B32"),
        ({"skin": "own", "own_palette": {"primary": "#5B2A86", "accent": "#F2B84B"}}, "#5B2A86"),
    ],
)
def test_a_console_shows_the_skin_that_its_bank_has_published(
    pages: dict[str, Client], alpha: Any, values: dict[str, Any], colour: str
) -> None:
    pages["alpha"].get(LOGIN)
    with tenant_context(alpha):
        staff = make_operator("mia", "maker"), make_operator("chen", "checker")
        publish_settings(*staff, name="appearance", values=values)

    assert shade(colour) in pages["alpha"].get(LOGIN).content.decode()
    assert shade("#9E1B32") in pages["beta"].get(LOGIN).content.decode()


def test_the_console_speaks_chinese_until_english_is_asked_for_by_post(
    pages: dict[str, Client],
) -> None:
    client = pages["alpha"]
    assert '<html lang="zh-hans"' in client.get(LOGIN).content.decode()

    client.get("/i18n/setlang/?language=en")
    assert '<html lang="zh-hans"' in client.get(LOGIN).content.decode()

    answer = client.post("/i18n/setlang/", {"language": "en", "next": LOGIN})
    assert answer.status_code == 302
    assert '<html lang="en"' in client.get(LOGIN).content.decode()
