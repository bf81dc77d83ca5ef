from __future__ import annotations

from django.test import Client

from operators.models import Operator


class Visitor(Client):
    """A browser in which somebody is signed in."""

    operator: Operator
