"""What customers read of their coupons."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from coupons.errors import UnknownCoupon
from coupons.wallet import notices, offers, pages, usable
from coupons.wallet.choices import WalletState
from coupons.wallet.codes import secret_for_holder
from coupons.wallet.holdings import document_of
from customers.choices import CallerKind
from customers.errors import CustomersOnly
from mobile.api import coupons_queries as queries
from mobile.api import coupons_serializers as forms
from mobile.api.coupons_queries import coupon_id_of
from mobile.api.coupons_schema import COUPON_ID
from mobile.api.home import ENCODER
from mobile.api.schema import answers

if TYPE_CHECKING:
    from django.http import QueryDict

    from customers.tokens import Caller

STATE = OpenApiParameter("state", enum=WalletState.values, description="Default: all of them.")
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description="1 to 100; default 20.")


class CouponsView(APIView):
    """Of the customer whose token calls; what is theirs is kept by nobody in between."""

    at: datetime
    number: str

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        caller = cast("Caller", request.user)
        if not caller.is_customer:
            raise CustomersOnly(_("Only signed-in customers have coupons."))
        self.at, self.number = timezone.now(), caller.customer_number


def _respond(document: Any) -> HttpResponse:
    return HttpResponse(
        ENCODER.encode(document),
        content_type="application/json",
        headers={"Cache-Control": "private, no-store"},
    )


def _query(request: Request) -> QueryDict:
    return request._request.GET


class WalletView(CouponsView):
    @extend_schema(
        operation_id="listCoupons",
        parameters=[
            STATE,
            LIMIT,
            OpenApiParameter("after", description="next of the page before; goes with state."),
        ],
        responses=answers(forms.Wallet, 400),
    )
    def get(self, request: Request) -> HttpResponse:
        """The customer's coupons by what they are now, without codes: what can be used comes first
        that expires first, what is over, first that ended last."""
        query = _query(request)
        place, state = queries.place_of(query), queries.state_of(query)
        groups = pages.wallet_of(
            self.number, at=self.at, state=state, after=place, size=queries.size_of(query)
        )
        return _respond({"groups": [_group(group) for group in groups]})


def _group(group: pages.Group) -> dict[str, Any]:
    return {
        "state": group.state,
        "total": group.total,
        "coupons": [document_of(each) for each in group.coupons],
        "next": queries.text_of(group.next),
    }


class CouponView(CouponsView):
    @extend_schema(
        operation_id="getCoupon",
        parameters=[COUPON_ID],
        responses=answers(forms.CouponDetail, 404),
    )
    def get(self, request: Request, coupon_id: str) -> HttpResponse:
        """One coupon of the customer, with its rules; and with its code, where a third party or
        the counter asks for it and the coupon is good."""
        found = pages.coupon_of(self.number, coupon_id_of(coupon_id), at=self.at)
        if found is None:
            raise UnknownCoupon(_("There is no such coupon."))
        document = {**document_of(found), "rules": found.row.terms.rules}
        secret = secret_for_holder(found)
        if secret is not None:
            document |= {"code": secret.code, "pin": secret.pin}
        return _respond(document)


class UsableView(CouponsView):
    @extend_schema(
        operation_id="listUsableCoupons",
        parameters=[
            OpenApiParameter("scene", description="What is paid for, such as top_up."),
            OpenApiParameter("amount", description="Of the payment, in yuan: 50 or 49.90."),
            OpenApiParameter("amount_cents", OpenApiTypes.INT64, description="Instead of amount."),
        ],
        responses=answers(forms.Usable, 400),
    )
    def get(self, request: Request) -> HttpResponse:
        """What could be used for a payment now and what it takes off, the coupons that together
        take off most, what is nearly within reach, why not the rest, and what could be claimed
        for it."""
        payment = queries.payment_of(_query(request))
        return _respond(usable.usable_now(self.number, payment, at=self.at))


class OffersView(CouponsView):
    @extend_schema(operation_id="listCouponTemplates", responses=answers(forms.Offers))
    def get(self, request: Request) -> HttpResponse:
        """The claim centre: what the customer may claim now, and why not the others."""
        offered = offers.offers_for(self.number, at=self.at)
        return _respond(
            {
                "claimable": [each.document for each in offered if each.refusal is None],
                "others": [each.document for each in offered if each.refusal is not None],
            }
        )


class IsSystem(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        if cast("Caller", request.user).kind is not CallerKind.SYSTEM:
            raise CustomersOnly(_("Only a system's token does this."), code="systems_only")
        return True


class NoticesView(APIView):
    permission_classes = (IsSystem,)

    @extend_schema(
        operation_id="listCouponNotices",
        parameters=[
            OpenApiParameter(
                "after", OpenApiTypes.INT64, description="Id of the last one that you have."
            ),
            LIMIT,
        ],
        responses=answers(forms.Notices, 400),
    )
    def get(self, request: Request) -> HttpResponse:
        """What customers are to be told about their coupons, in order; systems' tokens only."""
        query = _query(request)
        found = notices.notices_after(queries.after_id_of(query), size=queries.size_of(query))
        return _respond({"notices": found})
