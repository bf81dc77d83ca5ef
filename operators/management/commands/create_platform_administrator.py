from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django_tenants.utils import tenant_context

from audit.errors import DomainError
from operators.services import create_first_administrator
from tenants.platform import PLATFORM


class Command(BaseCommand):
    help = "The platform's first administrator; prints a one-time link to set the password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the person's name")

    def handle(self, *_args: Any, username: str, name: str, **_options: Any) -> None:
        try:
            with tenant_context(PLATFORM):
                made = create_first_administrator(username=username, name=name)
        except DomainError as error:
            self.stderr.write(self.style.ERROR(str(error)))
            sys.exit(1)
        self.stdout.write(f"{made.operator.username}: {made.link.address}")
