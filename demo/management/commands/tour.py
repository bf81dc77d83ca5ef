from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from demo.tour import run

THROWAWAY = "fuxiang-throwaway-"


class Command(BaseCommand):
    help = "The guided tour, on a database that is thrown away afterwards (make demo)."

    def handle(self, *args: Any, **options: Any) -> None:
        if THROWAWAY not in os.environ.get("FUXIANG_LOCAL_DIR", ""):
            raise CommandError(
                _("The tour changes everything it finds: start it with “make demo”.")
            )
        sys.exit(run())
