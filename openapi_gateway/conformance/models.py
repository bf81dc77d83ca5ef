"""One run of the suite by one client, what was seen of the client in it, and the verdicts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from openapi_gateway.conformance.choices import Arrival, CaseVerdict, RunState


class Run(models.Model):
    # Part of the addresses of its calls; 192 random bits, so that refused calls can be told to it.
    run_id = models.CharField(_("run"), max_length=40, unique=True, editable=False)
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    client = models.ForeignKey(
        "gateway_credentials.Client", verbose_name=_("client"), on_delete=models.PROTECT,
        related_name="conformance_runs",
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=10, choices=RunState.choices, default=RunState.RUNNING
    )
    started_by = models.CharField(_("started by"), max_length=150)
    started_at = models.DateTimeField(_("started at"))
    expires_at = models.DateTimeField(_("expires at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    # Which wrong answer hides behind which name: {"answer-1": "digest"}. Never told to the client.
    answers = models.JSONField(default=dict)
    # How many arrivals were written down; there is an end to it.
    arrivals_seen = models.PositiveIntegerField(_("calls"), default=0)

    class Meta:
        verbose_name = _("conformance run")
        verbose_name_plural = _("conformance runs")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [("start_run", _("Can start and finish conformance runs"))]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(state=RunState.RUNNING),
                name="gateway_conformance_one_running",
                violation_error_message=_("This client is in a run already."),
            )
        ]
        indexes = [
            models.Index(fields=["client", "-id"], name="gateway_conformance_client"),
            models.Index(fields=["bank", "-id"], name="gateway_conformance_bank"),
            models.Index(
                fields=["expires_at"], condition=Q(state=RunState.RUNNING),
                name="gateway_conformance_open",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.client} {self.started_at:%Y-%m-%d}"


class CaseResult(models.Model):
    """Written when the run is closed. ``reason`` is a msgid, ``facts`` what is put into it: shown
    in the reader's language."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cases")
    name = models.CharField(_("case"), max_length=40)
    position = models.PositiveSmallIntegerField()
    verdict = models.CharField(_("verdict"), max_length=10, choices=CaseVerdict.choices)
    reason = models.CharField(_("reason"), max_length=300)
    facts = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("verdict on a case")
        verbose_name_plural = _("verdicts on cases")
        ordering = ["run", "position"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="gateway_conformance_case_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.verdict}"


class Observation(models.Model):
    """One arrival at the address of a case; verdicts are read off these alone. Never changed."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="observations")
    case = models.CharField(_("case"), max_length=40)
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=10, choices=Arrival.choices)
    key_id = models.CharField(max_length=24, blank=True)
    idempotency_key = models.CharField(max_length=100, blank=True)
    # Of the body, in hexadecimal; empty without one.
    sha256 = models.CharField(max_length=64, blank=True)
    # Of a refusal: the code. Of a report: what was reported.
    word = models.CharField(max_length=100, blank=True)
    # What else the case's judge looks at.
    detail = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("observation")
        verbose_name_plural = _("observations")
        ordering = ["id"]
        default_permissions = []
        indexes = [models.Index(fields=["run", "case"], name="gateway_conformance_seen")]

    def __str__(self) -> str:
        return f"{self.case} {self.kind}"
