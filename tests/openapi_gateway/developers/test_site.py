"""The developers' site: every page, in both languages, on both hosts."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from openapi_gateway import errors
from openapi_gateway.developers import pages
from openapi_gateway.developers.document import document
from openapi_gateway.developers.offered import as_seeded
from openapi_gateway.developers.wording import FIELDS
from openapi_gateway.developers.worked import SECRET, worked
from openapi_gateway.replying import type_of
from openapi_gateway.routes import OPERATIONS

pytestmark = pytest.mark.django_db
HOST = "open.localhost"
GUIDES = [f"/docs/{slug}/" if slug else "/docs/" for slug in pages.GUIDES]
PAGES = [*GUIDES, "/docs/reference/", "/docs/problems/"]


def _get(path: str, language: str = "zh-hans", host: str = HOST) -> Any:
    browser = Browser()
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return browser.get(path, headers={"host": host})


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_page_is_shown(path: str, language: str) -> None:
    answer = _get(path, language)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in text
    assert text.count("<h1") == 1
    assert "{{" not in text
    assert "{%" not in text
    assert len(re.findall(r'aria-current="page"', text)) == 2
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_brings_nothing_from_outside_and_runs_nothing_inline(path: str) -> None:
    answer = _get(path)
    text = answer.content.decode()
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', text)
    assert " style=" not in text
    assert not re.findall(r"<script(?![^>]*src=)", text)


@pytest.mark.parametrize("path", [*PAGES, "/docs/problems/code-verifier"])
def test_links_within_the_site_lead_somewhere(path: str) -> None:
    text = _get(path).content.decode()
    for link in sorted(set(re.findall(r'href="(/docs/[^"]*)"', text))):
        place, _hash, anchor = link.partition("#")
        found = _get(place)
        assert found.status_code == 200, link
        if anchor:
            assert f'id="{anchor}"' in found.content.decode(), link


def test_the_sandbox_s_host_says_which_it_is() -> None:
    assert 'class="badge"' in _get("/docs/", host=f"sandbox.{HOST}").content.decode()
    assert 'class="badge"' not in _get("/docs/").content.decode()


def test_the_root_leads_to_the_documentation() -> None:
    answer = _get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/docs/")


@pytest.mark.parametrize("problem", errors.CATALOGUE.values(), ids=lambda each: each.code)
def test_every_problem_s_type_is_a_page(problem: errors.Problem) -> None:
    answer = _get(f"/docs/problems/{problem.slug}")
    text = unescape(answer.content.decode())
    assert answer.status_code == 200
    assert problem.code in text
    assert type_of(problem) in text
    assert str(problem.remedy)


def test_what_is_no_problem_and_no_guide_is_not_found() -> None:
    for path in ("/docs/problems/none", "/docs/none/", "/docs/examples/base.html"):
        assert _get(path).status_code == 404
    assert _get("/docs/examples/..%2f..%2fmanage.py").status_code == 404


def test_a_post_is_not_understood() -> None:
    assert Browser().post("/docs/", headers={"host": HOST}).status_code == 405


def test_the_language_is_chosen_by_a_link() -> None:
    answer = Browser().get("/docs/keys/?lang=en", headers={"host": HOST})
    assert (answer.status_code, answer["Location"]) == (302, "/docs/keys/")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    plain = Browser().get("/docs/keys/?lang=xx", headers={"host": HOST})
    assert plain.status_code == 200


def test_the_reference_tells_of_every_call() -> None:
    text = unescape(_get("/docs/reference/").content.decode())
    for operation in OPERATIONS:
        assert f'id="{operation.name.replace(".", "-")}"' in text
        assert operation.path in text


def test_the_guide_shows_the_numbers_that_the_gateway_computes() -> None:
    text = unescape(_get("/docs/signing/").content.decode())
    found = worked()
    for part in (found.base, found.signature, found.digest, found.answer_base, SECRET):
        assert part in text


@pytest.mark.parametrize("name", pages.FILES)
def test_the_examples_are_the_files_themselves(name: str) -> None:
    assert _get(f"/docs/examples/{name}").content.decode() == pages.example(name)


def test_the_signing_guide_shows_the_files() -> None:
    text = unescape(_get("/docs/signing/").content.decode())
    for name in ("fuxiang_gateway.py", "sign.sh", "FuxiangSign.java"):
        assert pages.example(name).strip() in text


@pytest.mark.parametrize("name", ["liveness", "keyboard"])
def test_a_page_s_fragment_is_told_as_its_script_reads_it(name: str) -> None:
    told = re.search(
        rf"/{name}/[^#<]*#(\w+)=…&(\w+)=…", unescape(_get(f"/docs/{name}/").content.decode())
    )
    assert told is not None
    script = (settings.BASE_DIR / "static" / name / f"{name}.js").read_text()
    assert all(f'given.get("{each}")' in script for each in told.groups())


def test_no_explanation_is_left_over() -> None:
    told = document(OPERATIONS, as_seeded(), "")["components"]["schemas"]
    known = {
        f"{name}.{each}" for name, schema in told.items() for each in schema.get("properties", ())
    }
    known |= {each.partition(".")[2] for each in known}
    assert set(FIELDS) <= known


def test_a_bank_s_host_has_no_documentation(bank: Any) -> None:
    assert _get("/docs/", host=f"{bank.slug}.localhost").status_code == 404
