from __future__ import annotations

from django.urls import path

from mobile.api import campus, campus_bills

PREFIX = "api/channel/v1/"
urlpatterns = [
    path(f"{PREFIX}campus/payments", campus.payments, name="channel-campus-payments"),
    path(
        f"{PREFIX}zone/campus/schools",
        campus_bills.SchoolsView.as_view(),
        name="channel-campus-schools",
    ),
    path(
        f"{PREFIX}zone/campus/bills", campus_bills.BillsView.as_view(), name="channel-campus-bills"
    ),
    path(
        f"{PREFIX}zone/campus/students",
        campus_bills.StudentsView.as_view(),
        name="channel-campus-students",
    ),
    path(
        f"{PREFIX}zone/campus/students/<uuid:uid>/unlink",
        campus_bills.UnlinkView.as_view(),
        name="channel-campus-unlink",
    ),
]
