"""A process that runs ``import_coupons`` and prints what memory it took at most, in megabytes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("import_coupons", *sys.argv[1:])
    print(_peak_mb())


def _peak_mb() -> float:
    """Not getrusage: that counts the parent's memory too, from before the program was loaded."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("This system does not say what a process took at most.")


if __name__ == "__main__":
    main()
