"""Every call of the gateway, and what follows from counting them. All of it in the public schema.

A bank is its number, 0 = nobody that we know: what was refused at the door is logged as well.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from openapi_gateway.choices import Environment
from openapi_gateway.metering.choices import Span


class CallLog(models.Model):
    """Partitioned by month (``months``): its table is made by SQL. Written by the drain alone."""

    # Ordered by time; unique together with ``at``, which never differs for one request.
    request_id = models.CharField(_("request id"), max_length=40, primary_key=True)
    at = models.DateTimeField(_("time"))
    bank_id = models.BigIntegerField(_("bank"))
    # As claimed where nobody was identified.
    app_id = models.CharField(_("client"), max_length=20)
    key_id = models.CharField(_("key"), max_length=24)
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    operation = models.CharField(_("operation"), max_length=60)
    service = models.CharField(_("base service"), max_length=20)
    # Of HTTP; 0 = none was given, or nobody knows which.
    status = models.SmallIntegerField(_("status"))
    # "ok", "unknown", or the code of a refusal.
    code = models.CharField(_("outcome"), max_length=40)
    latency_us = models.IntegerField(_("latency"))
    billable = models.BooleanField(_("billable"))
    address = models.CharField(_("address"), max_length=45)
    subject = models.CharField(_("subject"), max_length=64)

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("call log")
        ordering = ["-at", "-request_id"]
        default_permissions = ["view"]
        permissions = [("export_calllog", _("Can export the call log"))]
        indexes = [
            models.Index(fields=["-at", "-request_id"], name="gateway_metering_log_time"),
            models.Index(
                fields=["bank_id", "-at", "-request_id"], name="gateway_metering_log_bank"
            ),
            models.Index(
                fields=["app_id", "-at", "-request_id"], name="gateway_metering_log_client"
            ),
            models.Index(fields=["key_id", "-at", "-request_id"], name="gateway_metering_log_key"),
            models.Index(
                fields=["code", "-at", "-request_id"],
                name="gateway_metering_log_code",
                condition=~models.Q(code="ok"),
            ),
        ]

    def __str__(self) -> str:
        return gettext("Call %(id)s") % {"id": self.request_id}

    @property
    def latency_ms(self) -> float:
        return self.latency_us / 1000


class Admission(models.Model):
    """A call that was let in and whose end is not known yet. One without an end becomes a row of
    the log with the outcome "unknown"; it stays here for a day, should the end come late."""

    request_id = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    bank_id = models.BigIntegerField()
    app_id = models.CharField(max_length=20)
    key_id = models.CharField(max_length=24)
    environment = models.CharField(max_length=10)
    operation = models.CharField(max_length=60)
    service = models.CharField(max_length=20)
    address = models.CharField(max_length=45)
    # When it was logged as "unknown".
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = []
        indexes = [models.Index(fields=["at"], name="gateway_metering_admitted")]

    def __str__(self) -> str:
        return self.request_id


class Drain(models.Model):
    """How far the stream of calls has been taken over. One row, locked by whoever drains."""

    stream = models.CharField(primary_key=True, max_length=40)
    # Of the last entry that is in the log.
    position = models.CharField(max_length=40, default="0-0")
    # When somebody last found nothing left to take over, or took over what there was.
    drained_at = models.DateTimeField(null=True)
    calls = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.stream} {self.position}"


class SpoiltEntry(models.Model):
    """What stood in the stream and could not be read: kept aside, so that nothing waits for it."""

    entry_id = models.CharField(primary_key=True, max_length=40)
    raw = models.BinaryField()
    reason = models.CharField(max_length=200)
    found_at = models.DateTimeField()

    class Meta:
        default_permissions = []

    def __str__(self) -> str:
        return self.entry_id


class Usage(models.Model):
    """Calls of a day and of a month of Shanghai: what is billed and tied out. Never dropped."""

    span = models.CharField(max_length=5, choices=Span.choices)
    starts_on = models.DateField(_("from"))
    bank_id = models.BigIntegerField(_("bank"))
    # Empty when nobody was identified: anybody can claim anything.
    app_id = models.CharField(_("client"), max_length=20)
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    service = models.CharField(_("base service"), max_length=20)
    operation = models.CharField(_("operation"), max_length=60)
    status = models.SmallIntegerField(_("status"))
    code = models.CharField(_("outcome"), max_length=40)
    billable = models.BooleanField(_("billable"))
    calls = models.BigIntegerField(_("calls"))

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usage")
        default_permissions = ["view"]
        permissions = [("export_usage", _("Can export the usage"))]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "span", "bank_id", "starts_on", "app_id", "environment", "service",
                    "operation", "status", "code", "billable",
                ],
                name="gateway_metering_usage_once",
            )
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["span", "starts_on", "bank_id"], name="gateway_metering_usage_day")
        ]

    def __str__(self) -> str:
        return f"{self.span} {self.starts_on} {self.app_id} {self.operation}"


class Traffic(models.Model):
    """Calls and their latency by hour and day, for charts. Hours go after a while."""

    span = models.CharField(max_length=5, choices=Span.choices)
    starts_at = models.DateTimeField()
    bank_id = models.BigIntegerField()
    app_id = models.CharField(max_length=20)
    environment = models.CharField(max_length=10)
    service = models.CharField(max_length=20)
    calls = models.BigIntegerField()
    # 4xx: the partner's matter. 5xx, and those of which nothing was heard again: ours.
    refused = models.BigIntegerField()
    failed = models.BigIntegerField()
    billable = models.BigIntegerField()
    # Calls by latency, of those that were let in; see ``histograms``. Trailing zeros are left out.
    latencies = ArrayField(models.BigIntegerField())

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["span", "bank_id", "starts_at", "app_id", "environment", "service"],
                name="gateway_metering_traffic_once",
            )
        ]
        indexes = [models.Index(fields=["span", "starts_at"], name="gateway_metering_traffic_time")]

    def __str__(self) -> str:
        return f"{self.span} {self.starts_at} {self.app_id} {self.service}"
