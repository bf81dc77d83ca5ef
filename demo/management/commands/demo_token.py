from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from demo.tokens import customer_token


class Command(BaseCommand):
    help = "Prints a token for the channel API, signed by the local identity."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bank", required=True, metavar="SLUG")
        parser.add_argument("--customer", default="", help="a number; without it, a visitor")

    def handle(self, *args: Any, bank: str, customer: str, **options: Any) -> None:
        if not settings.DEMO_IDENTITY:
            raise CommandError(_("Only local runs hold the key that signs tokens."))
        self.stdout.write(customer_token(bank, customer))
