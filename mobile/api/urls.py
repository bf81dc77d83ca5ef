from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from mobile.api import views
from mobile.api.coupon_qr import CouponQrView
from mobile.api.home import home
from mobile.api.preferences import PreferencesView
from mobile.api.schema import ChannelSchemaView
from mobile.api.touchpoints import touchpoints
from tenants.problems import not_found_problem


def nothing_here(request: HttpRequest, rest: str) -> HttpResponse:
    return not_found_problem()


PREFIX = "api/channel/v1/"
urlpatterns = [
    path(f"{PREFIX}home", home, name="channel-home"),
    path(
        f"{PREFIX}announcements", views.AnnouncementListView.as_view(), name="channel-announcements"
    ),
    path(
        f"{PREFIX}announcements/<uuid:uid>",
        views.AnnouncementDetailView.as_view(),
        name="channel-announcement",
    ),
    path(
        f"{PREFIX}announcements/<uuid:uid>/read",
        views.AnnouncementReadView.as_view(),
        name="channel-announcement-read",
    ),
    path(f"{PREFIX}coupons/<int:coupon_id>/qr", CouponQrView.as_view(), name="channel-coupon-qr"),
    path(f"{PREFIX}preferences", PreferencesView.as_view(), name="channel-preferences"),
    path(f"{PREFIX}touchpoints", touchpoints, name="channel-touchpoints"),
    path(f"{PREFIX}schema/", ChannelSchemaView.as_view(), name="channel-schema"),
    # Also an id that is no UUID: machines get the form of error that they understand.
    path(f"{PREFIX}<path:rest>", nothing_here),
]
