"""Run in a process of its own on another database: makes a bank, a client, a grant and keys, and
prints what their owner holds."""

from __future__ import annotations

import json
import os
import sys

import django


def main(slug: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tenants.models import Bank
    from tenants.services import provision_bank
    from tests.openapi_gateway.making import a_ready_partner

    provision_bank(slug=slug, name=slug)
    Bank.objects.update(status="active")
    partner = a_ready_partner(Bank.objects.get(slug=slug))
    sys.stdout.write(json.dumps([partner.app_id, partner.key_id, partner.secret]))


if __name__ == "__main__":
    main(sys.argv[1])
