from __future__ import annotations

from django.urls import path

from mobile.api import zone, zone_verbs

PREFIX = "api/channel/v1/zone"
urlpatterns = [
    path(PREFIX, zone.ZoneView.as_view(), name="channel-zone"),
    path(
        f"{PREFIX}/reservations",
        zone.ReservationsView.as_view(),
        name="channel-zone-reservations",
    ),
    path(
        f"{PREFIX}/reservations/<uid>/confirm",
        zone_verbs.confirm,
        name="channel-zone-reservation-confirm",
    ),
    path(
        f"{PREFIX}/reservations/<uid>/release",
        zone_verbs.release,
        name="channel-zone-reservation-release",
    ),
    path(f"{PREFIX}/<uid>", zone.ProductView.as_view(), name="channel-zone-product"),
    path(f"{PREFIX}/<uid>/interest", zone.InterestView.as_view(), name="channel-zone-interest"),
    path(f"{PREFIX}/<uid>/reservations", zone_verbs.reserve, name="channel-zone-reserve"),
]
