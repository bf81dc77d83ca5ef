"""The OpenAPI document tells of every call, and of nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.test import Client as Browser

from openapi_gateway import errors
from openapi_gateway.access.choices import CatalogueState
from openapi_gateway.access.models import ServiceVersion
from openapi_gateway.access.seeds import VERSION
from openapi_gateway.calls import Caller, Operation
from openapi_gateway.developers.document import document, refusals_of
from openapi_gateway.developers.offered import as_seeded
from openapi_gateway.developers.writing import as_yaml
from openapi_gateway.routes import OPERATIONS

FILE = Path(__file__).parents[3] / "docs" / "openapi" / "gateway.yaml"
WITHOUT_ANSWER = {"liveness.delete", "conformance.report"}


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document(OPERATIONS, as_seeded(), "")


def _by_id(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        each["operationId"]: {**each, "method": method.upper(), "path": path}
        for path, methods in told["paths"].items()
        for method, each in methods.items()
    }


def test_every_route_is_in_the_document(told: dict[str, Any]) -> None:
    found = {(each["method"], each["path"]) for each in _by_id(told).values()}
    assert found == {each.key for each in OPERATIONS}
    assert len(_by_id(told)) == len(OPERATIONS)


def test_the_file_is_the_document(told: dict[str, Any]) -> None:
    assert FILE.read_text(encoding="utf-8") == as_yaml(told)


def test_it_is_openapi(told: dict[str, Any]) -> None:
    schema = files("drf_spectacular") / "validation" / "openapi_3_1_schema.json"
    jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(told)


def test_every_reference_leads_somewhere(told: dict[str, Any]) -> None:
    for reference in set(_references(told)):
        place = told
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert place


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_is_told_completely(operation: Operation, told: dict[str, Any]) -> None:
    found = _by_id(told)[operation.name]
    assert str(operation.summary)
    assert operation.answer is not None or operation.name in WITHOUT_ANSWER
    assert set(operation.refusals) <= set(errors.CATALOGUE)
    parts = [each["name"] for each in found["parameters"] if each.get("in") == "path"]
    assert parts == re.findall(r"\{(\w+)\}", operation.path)
    assert bool(found.get("requestBody")) == (operation.body is not None)
    assert found["x-only-sandbox"] == operation.only_sandbox
    names = [each.get("$ref", "").rpartition("/")[2] for each in found["parameters"]]
    assert ("Signature" in names) == (operation.caller is Caller.SERVER)
    assert ("IdempotencyKey" in names) == operation.is_idempotent


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: each.name)
def test_every_refusal_is_told_under_its_status(operation: Operation, told: dict[str, Any]) -> None:
    found = _by_id(told)[operation.name]["responses"]
    codes = set()
    for status, response in found.items():
        if "$ref" in response:
            shared = told["components"]["responses"][response["$ref"].rpartition("/")[2]]
            schema = shared["content"]["application/problem+json"]["schema"]
            here = schema["allOf"][1]["properties"]["code"]["enum"]
            assert {errors.CATALOGUE[code].status for code in here} == {int(status)}
            codes |= set(here)
    assert codes == set(refusals_of(operation))


def test_services_carry_their_id_of_the_catalogue(told: dict[str, Any]) -> None:
    for operation in OPERATIONS:
        if operation.service:
            found = _by_id(told)[operation.name]
            assert re.fullmatch(r"FX-GW-A[12]-[A-Z]{3}-\d{3}", found["x-api-id"])
            assert (found["x-version"], found["x-level"][0]) == ("v1", "A")
            assert found.get("x-scope", "") == operation.scope


def test_members_of_bodies_are_explained(told: dict[str, Any]) -> None:
    dumb = [
        f"{name}.{member}"
        for name, schema in told["components"]["schemas"].items()
        for member, about in schema.get("properties", {}).items()
        if name != "Problem" and not about.get("description")
    ]
    assert dumb == []


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["open.localhost", "sandbox.open.localhost"])
def test_it_is_served_with_the_catalogue_s_last_day(host: str) -> None:
    ServiceVersion.objects.filter(service__code="liveness", version=VERSION).update(
        state=CatalogueState.DEPRECATED, sunset_on=date(2027, 6, 30)
    )
    answer = Browser().get("/gw/v1/schema/", headers={"host": host})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/openapi+yaml")
    told = yaml.safe_load(answer.content)
    assert told["servers"] == [{"url": f"http://{host}"}]
    assert _by_id(told)["liveness.create"]["x-sunset"] == "2027-06-30"
    assert _by_id(told)["liveness.create"]["deprecated"] is True
    again = Browser().get("/gw/v1/schema/?format=json", headers={"host": host})
    assert again.json() == told


@pytest.mark.django_db
def test_a_bank_s_host_has_no_document(bank: Any) -> None:
    host = f"{bank.slug}.localhost"
    assert Browser().get("/gw/v1/schema/", headers={"host": host}).status_code == 404
