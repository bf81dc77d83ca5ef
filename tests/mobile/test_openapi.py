from __future__ import annotations

import re
from pathlib import Path

import yaml
from django.conf import settings
from django.core.management import call_command

from config.urls_channel import urlpatterns
from mobile.api.urls import PREFIX
from tests.mobile.phones import Phone

COPY = Path(settings.BASE_DIR) / "docs" / "openapi" / "channel.yaml"


def test_the_checked_in_document_is_what_the_code_says(tmp_path: Path) -> None:
    made = tmp_path / "channel.yaml"
    call_command(
        "spectacular", urlconf="config.urls_channel", lang="en", validate=True, fail_on_warn=True,
        custom_settings="mobile.api.schema.DOCUMENT_SETTINGS", file=str(made),
    )  # fmt: skip

    assert COPY.read_text("utf-8") == made.read_text("utf-8"), "make lint says how to write it"


def test_every_route_stands_in_the_document() -> None:
    document = yaml.safe_load(COPY.read_text("utf-8"))

    named = {re.sub(r"<\w+:", "<", str(route.pattern)) for route in urlpatterns if route.name}
    documented = {
        path.removeprefix("/").replace("{", "<").replace("}", ">") for path in document["paths"]
    }

    assert documented == named - {f"{PREFIX}schema/"}


def test_the_document_is_served_to_everybody(bank: object) -> None:
    answer = Phone().client.get("/api/channel/v1/schema/")

    assert answer.status_code == 200
    assert b"getHome" in answer.content
