from __future__ import annotations

from django.db.models import QuerySet


class RequestQuerySet(QuerySet):
    pass
