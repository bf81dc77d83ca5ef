from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from audit.errors import DomainError
from operators.banks import OpenedBank, open_bank


class Command(BaseCommand):
    help = "Open a bank; prints a one-time link with which its administrator sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="becomes the host name: SLUG.BASE_DOMAIN")
        parser.add_argument("--name", required=True, help="the bank's full name")
        parser.add_argument("--admin", required=True, help="user name of its first administrator")
        parser.add_argument("--short-name", default="")
        parser.add_argument("--prefecture", default="")
        parser.add_argument("--code", default="", help="the bank's code")
        parser.add_argument("--json", action="store_true", help="one JSON object on stdout")

    def handle(self, *_args: Any, **options: Any) -> None:
        if not options["json"]:
            self.stderr.write(f"opening {options['slug']} …")
        try:
            opened = open_bank(
                slug=options["slug"],
                name=options["name"],
                short_name=options["short_name"],
                prefecture=options["prefecture"],
                code=options["code"],
                administrator=options["admin"],
            )
        except DomainError as error:
            self._refuse(error, as_json=options["json"])
        else:
            self._show(opened, as_json=options["json"])

    def _refuse(self, error: DomainError, *, as_json: bool) -> None:
        if as_json:
            document = {"error": str(error), "code": error.code_text}
            self.stdout.write(json.dumps(document, ensure_ascii=False))
        else:
            self.stderr.write(self.style.ERROR(str(error)))
        sys.exit(1)

    def _show(self, opened: OpenedBank, *, as_json: bool) -> None:
        link = opened.administrator.link
        if as_json:
            document = {
                "bank": opened.bank.slug,
                "name": opened.bank.name,
                "schema": opened.bank.schema_name,
                "console": opened.console,
                "administrator": opened.administrator.operator.username,
                "link": link.address,
                "link_expires_at": link.expires_at.isoformat(),
            }
            self.stdout.write(json.dumps(document, ensure_ascii=False))
            return
        self.stdout.write(f"{opened.bank.name}: {opened.console}")
        self.stdout.write(f"{opened.administrator.operator.username}: {link.address}")
