from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from openapi_gateway.developers.document import document
from openapi_gateway.developers.offered import as_seeded
from openapi_gateway.developers.writing import as_yaml
from openapi_gateway.routes import OPERATIONS


class Command(BaseCommand):
    help = "Writes the OpenAPI document of the gateway's calls."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        text = as_yaml(document(OPERATIONS, as_seeded(), server=""))
        options["file"].write_text(text, encoding="utf-8")
