"""What customers read of the Fuxiang zone: products from memory, quotas as they are now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request

from customers.errors import CustomersOnly
from fuxiang_zone.choices import TermUnit
from fuxiang_zone.errors import BadAmount, UnknownProduct
from fuxiang_zone.products.calculator import quote
from fuxiang_zone.products.rates import plain_rate, tiers_of
from fuxiang_zone.sales.standing import reservations_of
from mobile.api import zone_queries as queries
from mobile.api import zone_serializers as forms
from mobile.api.coupons_queries import size_of
from mobile.api.home import ENCODER
from mobile.api.schema import answers
from mobile.api.views import ChannelView
from mobile.api.zone_documents import Showing, showing
from mobile.feed.zone import live_products, product_of

if TYPE_CHECKING:
    from mobile.feed.items import Item

UID = OpenApiParameter("uid", OpenApiTypes.UUID, OpenApiParameter.PATH)


def _respond(document: Any) -> HttpResponse:
    return HttpResponse(
        ENCODER.encode(document),
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )


class ZoneView(ChannelView):
    @extend_schema(operation_id="listZone", responses=answers(forms.Zone))
    def get(self, request: Request) -> HttpResponse:
        """The product types that the bank has opened, each with what it has for this caller."""
        items = list(live_products(self.feed, self.person, self.at))
        shown = showing(items, self.caller.customer_number, self.at)
        types = [
            {
                **{name: row[name] for name in ("code", "name", "category")},
                "products": [
                    shown.document(item) for item in items if item.type_code == row["code"]
                ],
            }
            for row in self.feed.catalogue.zone
        ]
        return _respond({"edition": self.feed.digest, "types": types})


class ProductView(ChannelView):
    def found(self, uid: str) -> Item:
        name = str(queries.product_uid(uid))
        item = product_of(self.feed, self.person, self.at, name)
        if item is None:
            raise UnknownProduct(_("There is no such product, or it is not live."))
        return item

    @extend_schema(
        operation_id="getZoneProduct",
        parameters=[UID],
        responses=answers(forms.ZoneProductPage, 404),
    )
    def get(self, request: Request, uid: str) -> HttpResponse:
        """A product's page. What does not suit the customer is shown, and cannot be reserved."""
        item = self.found(uid)
        shown: Showing = showing([item], self.caller.customer_number, self.at)
        return _respond(shown.page(item))


class InterestView(ProductView):
    @extend_schema(
        operation_id="getInterest",
        parameters=[
            UID,
            OpenApiParameter("amount", description="In yuan: 50000 or 50000.00."),
            OpenApiParameter("amount_cents", OpenApiTypes.INT64, description="Instead of amount."),
            OpenApiParameter("term", OpenApiTypes.INT, required=True),
            OpenApiParameter("unit", enum=TermUnit.values, description="Default: month."),
        ],
        responses=answers(forms.Interest, 400, 404, 409),
    )
    def get(self, request: Request, uid: str) -> HttpResponse:
        """What a deposit earns that is held to its end: by the rate table, exact, rounded half up
        to the cent at the end; years and months at twelfths, days at 1/360 of the annual rate."""
        query = request._request.GET
        amount, (term, unit) = queries.amount_of(query), queries.term_of(query)
        found = quote(tiers_of(self.found(uid).payload["rates"]), amount, term, unit)
        if found is None:
            raise BadAmount(
                _("This product has no rate for this amount and term."), code="no_rate",
                amount_cents=amount, term=term, unit=unit,
            )  # fmt: skip
        return _respond(
            {
                "amount_cents": amount, "term": term, "unit": unit, "rate": plain_rate(found.rate),
                "interest_cents": found.interest_cents, "total_cents": found.total_cents,
            }
        )  # fmt: skip


class ReservationsView(ChannelView):
    @extend_schema(
        operation_id="listReservations",
        parameters=[
            OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 100; default 20.")
        ],
        responses=answers(forms.Reservations, 400),
    )
    def get(self, request: Request) -> HttpResponse:
        """The customer's own, the newest first."""
        if not self.caller.is_customer:
            raise CustomersOnly(_("Only signed-in customers have reservations."))
        most = size_of(request._request.GET)
        rows = reservations_of(self.caller.customer_number, most=most)
        return _respond({"reservations": [row.document(uid, self.at) for row, uid in rows]})
