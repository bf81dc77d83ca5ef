from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path

from mobile.api import campaigns_urls, campus_urls, coupons, coupons_verbs, views, zone_urls
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
    path(f"{PREFIX}coupons", coupons.WalletView.as_view(), name="channel-coupons"),
    path(f"{PREFIX}coupons/usable", coupons.UsableView.as_view(), name="channel-coupons-usable"),
    path(f"{PREFIX}coupons/notices", coupons.NoticesView.as_view(), name="channel-coupon-notices"),
    path(f"{PREFIX}coupons/<coupon_id>", coupons.CouponView.as_view(), name="channel-coupon"),
    path(f"{PREFIX}coupons/<coupon_id>/lock", coupons_verbs.lock, name="channel-coupon-lock"),
    path(
        f"{PREFIX}coupons/<coupon_id>/release", coupons_verbs.release, name="channel-coupon-release"
    ),
    path(f"{PREFIX}coupons/<coupon_id>/redeem", coupons_verbs.redeem, name="channel-coupon-redeem"),
    path(
        f"{PREFIX}coupons/<coupon_id>/reverse", coupons_verbs.reverse, name="channel-coupon-reverse"
    ),
    path(f"{PREFIX}coupons/<coupon_id>/void", coupons_verbs.void, name="channel-coupon-void"),
    path(
        f"{PREFIX}coupon-templates", coupons.OffersView.as_view(), name="channel-coupon-templates"
    ),
    path(
        f"{PREFIX}coupon-templates/<code>/claims", coupons_verbs.claim, name="channel-coupon-claims"
    ),
    *campus_urls.urlpatterns,
    *campaigns_urls.urlpatterns,
    *zone_urls.urlpatterns,
    path(f"{PREFIX}schema/", ChannelSchemaView.as_view(), name="channel-schema"),
    # Also an id that is no UUID: machines get the form of error that they understand.
    path(f"{PREFIX}<path:rest>", nothing_here),
]
