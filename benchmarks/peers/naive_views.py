from __future__ import annotations

from typing import Any

from django.urls import path
from django.utils import timezone
from django_tenants.utils import tenant_context
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from announcements.catalogue.models import AppFunction, Placement
from announcements.models import ReadReceipt
from customers.audiences import matches
from customers.facts import Facts
from customers.models import Customer, Preference, ShowCounter
from fuxiang_zone.catalogue.models import ProductType
from mobile.api.serializers import Home
from publishing.models import Publication
from tenants.platform import PLATFORM

APP = {"skin": "huxiang", "mode": "standard"}
PALETTE = {"primary": "#256D6B", "accent": "#C9A45C", "on_primary": "#FFFFFF", "text": "#000000"}


class NaiveHome(APIView):
    def get(self, request: Request) -> Response:
        at = timezone.localtime()
        customer = (
            Customer.objects.select_related("branch")
            .filter(number=request.user.customer_number)
            .first()
        )
        choices = Preference.objects.filter(pk=request.user.customer_number).first()
        counters = {
            counter.subject: counter
            for counter in ShowCounter.objects.filter(customer_number=request.user.customer_number)
        }
        with tenant_context(PLATFORM):
            province = list(Publication.objects.live(at))
        live = [*Publication.objects.live(at), *province]
        facts = Facts(
            customer.branch.path if customer and customer.branch else "",
            customer.birth_year if customer else None,
            frozenset(customer.groups if customer else ()),
            frozenset(customer.tags if customer else ()),
        )
        mine = [each for each in live if _shows(each, facts, counters, at)]
        mine.sort(key=lambda each: (-each.priority, -each.published_at.timestamp()))
        read = set(
            ReadReceipt.objects.filter(customer_number=request.user.customer_number).values_list(
                "announcement_uid", flat=True
            )
        )
        document = {
            **APP,
            "edition": "0" * 64,
            "skin": (choices.skin if choices else "") or "huxiang",
            "palette": PALETTE,
            "choices": {"skin": False, "functions": False},
            "functions": [{**row, "locked": False} for row in _functions()],
            "placements": {
                place.code: [
                    {**_ad(each), "scope": "bank"}
                    for each in mine
                    if each.kind == "ad" and each.payload["placement"] == place.code
                ][: place.slots]
                for place in Placement.objects.all()
            },
            "announcements": [
                _announcement(each, read) for each in mine if each.kind == "announcement"
            ][:10],
            "zone": [
                {**row, "products": 0, "headline": ""}
                for row in ProductType.objects.values("code", "name", "category")
            ],
            "campaigns": [],
        }
        return Response(Home(document).data)


def _functions() -> Any:
    return AppFunction.objects.values("code", "name", "group")


def _shows(publication: Publication, facts: Facts, counters: dict[str, Any], at: Any) -> bool:
    payload: dict[str, Any] = publication.payload or {}
    if not facts.branch_path.startswith(publication.branch_path):
        return False
    if not matches(publication.audience, facts, at.year):
        return False
    windows = payload.get("windows")
    clock = at.strftime("%H:%M")
    if windows and not any(
        at.isoweekday() in each["days"] and each["from"] <= clock < each["until"]
        for each in windows
    ):
        return False
    counter = counters.get(str(publication.target_id))
    cap = payload.get("daily_cap")
    return not (counter and cap and counter.day == at.date() and counter.today >= cap)


def _ad(publication: Publication) -> dict[str, Any]:
    payload: dict[str, Any] = publication.payload or {}
    return {
        "id": publication.target_id, "version": publication.version, "alt": payload["alt"],
        "image": payload["image"], "link": payload["link"], "closable": payload["closable"],
    }  # fmt: skip


def _announcement(publication: Publication, read: set[Any]) -> dict[str, Any]:
    payload: dict[str, Any] = publication.payload or {}
    return {
        "id": publication.target_id, "version": publication.version,
        "title": publication.title, "summary": payload["summary"], "pinned": payload["pinned"],
        "must_read": payload["must_read"], "read": publication.target_id in read,
        "scope": "bank", "starts_at": publication.starts_at, "ends_at": publication.ends_at,
        "published_at": publication.published_at,
    }  # fmt: skip


urlpatterns = [path("api/channel/v1/naive", NaiveHome.as_view())]
