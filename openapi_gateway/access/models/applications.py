"""A bank asks for access; two people of the platform decide."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.access.choices import ApplicationState, ReviewStep, Verdict
from openapi_gateway.choices import Level


class Application(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    client = models.ForeignKey(
        "gateway_credentials.Client", verbose_name=_("client"), on_delete=models.PROTECT,
        related_name="applications",
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=10, choices=ApplicationState.choices, default=ApplicationState.DRAFT
    )
    purpose = models.TextField(_("purpose"), max_length=2000)
    # Sentences: where in the partner's product the services are used.
    scenes = models.JSONField(_("scenes"), default=list)
    data_levels = models.JSONField(_("data levels"), default=list)
    environments = models.JSONField(_("environments"), default=list)
    # CIDR, by environment: {"production": ["203.0.113.0/24"]}.
    addresses = models.JSONField(_("addresses"), default=dict)
    callback_urls = models.JSONField(_("callback addresses"), default=dict)
    # [{"role": "technical", "name": …, "phone": …, "email": …}]
    contacts = models.JSONField(_("contacts"), default=list)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    # The highest of the services asked for, fixed when it is submitted.
    level = models.CharField(_("level"), max_length=2, choices=Level.choices, default=Level.A1)
    # Counts the submissions; decisions belong to one.
    round = models.PositiveSmallIntegerField(_("round"), default=0)
    # Counts the edits: who saves a form that was opened before another's edit is told.
    version = models.PositiveIntegerField(default=1, editable=False)
    # What was submitted last, in words by field: the next round is compared with it.
    submitted_content = models.JSONField(default=dict, editable=False)
    # Who submitted it last: a person of the bank's schema.
    applicant_schema = models.CharField(max_length=63)
    applicant_id = models.BigIntegerField()
    applicant_name = models.CharField(_("applicant"), max_length=150)
    created_at = models.DateTimeField(_("created at"))
    # Of the last thing anybody did; idle ones expire.
    touched_at = models.DateTimeField(_("last touched"))
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    class Meta:
        verbose_name = _("access application")
        verbose_name_plural = _("access applications")
        ordering = ["-id"]
        permissions = [
            ("submit_application", _("Can submit and withdraw access applications")),
            ("review_technical", _("Can review access applications technically")),
            ("review_compliance", _("Can review access applications for compliance")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")),
                name="gateway_access_application_period",
                violation_error_message=_("The end lies after the start."),
            ),
            # What decisions refer to, so that the applicant they name is the application's.
            models.UniqueConstraint(
                fields=["id", "applicant_schema"], name="gateway_access_application_applicant"
            ),
        ]
        indexes = [
            models.Index(fields=["bank", "-id"], name="gateway_access_app_of_bank"),
            models.Index(fields=["state", "touched_at"], name="gateway_access_app_state"),
        ]

    def __str__(self) -> str:
        return f"{self.client} {self.created_at:%Y-%m-%d}"


class RequestedService(models.Model):
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="services")
    plan = models.ForeignKey(
        "gateway_access.Plan", verbose_name=_("plan"), on_delete=models.PROTECT, related_name="+"
    )
    # Codes.
    scopes = models.JSONField(_("scopes"), default=list)

    class Meta:
        verbose_name = _("requested service")
        verbose_name_plural = _("requested services")
        ordering = ["id"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["application", "plan"],
                name="gateway_access_requested_once",
                violation_error_message=_("A plan is asked for once."),
            )
        ]

    def __str__(self) -> str:
        return str(self.plan)


class Attachment(models.Model):
    """A file of an application, kept by ``intake.stored_files`` in the platform's schema."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="attachments"
    )
    is_risk_assessment = models.BooleanField(
        pgettext_lazy("access application", "risk assessment"), default=False
    )
    name = models.CharField(_("name"), max_length=150)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    stored_file_uid = models.UUIDField(unique=True)
    added_by = models.CharField(_("added by"), max_length=150)
    added_at = models.DateTimeField(_("added at"))
    # Taken out of the application after reviewers had seen it: the file stays.
    removed_at = models.DateTimeField(_("taken out at"), null=True, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        ordering = ["id"]
        default_permissions = []

    def __str__(self) -> str:
        return self.name


class ReviewDecision(models.Model):
    """One person's verdict in one round. Never changed."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="decisions")
    round = models.PositiveSmallIntegerField()
    step = models.CharField(_("step"), max_length=10, choices=ReviewStep.choices)
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices)
    comment = models.CharField(_("comment"), max_length=1000, blank=True)
    # The application's, by a composite foreign key: a reviewer is compared with it here.
    applicant_schema = models.CharField(max_length=63)
    reviewer_schema = models.CharField(max_length=63)
    reviewer_id = models.BigIntegerField()
    reviewer_name = models.CharField(_("reviewer"), max_length=150)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("review decision")
        verbose_name_plural = _("review decisions")
        ordering = ["id"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "round", "step"],
                name="gateway_access_step_once",
                violation_error_message=_("This step is decided already."),
            ),
            models.UniqueConstraint(
                fields=["application", "round", "reviewer_schema", "reviewer_id"],
                name="gateway_access_two_people",
                violation_error_message=_("One person decides one step: the other needs another."),
            ),
            models.CheckConstraint(
                condition=~Q(reviewer_schema=F("applicant_schema")),
                name="gateway_access_not_own_bank",
                violation_error_message=_("Nobody reviews an application of their own bank."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} {self.step} {self.verdict}"


class ApplicationEvent(models.Model):
    """The history, comments included; read by the bank and the platform. Never changed."""

    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"))
    # "created", "submitted", "comment", "returned", …
    kind = models.CharField(_("event"), max_length=20)
    person_schema = models.CharField(max_length=63, blank=True)
    person_id = models.BigIntegerField(null=True)
    person_name = models.CharField(_("person"), max_length=150, blank=True)
    text = models.CharField(_("comment"), max_length=1000, blank=True)
    # What changed, for people: [{"field": …, "before": …, "after": …}]
    changes = models.JSONField(default=list)

    class Meta:
        verbose_name = _("event of an application")
        verbose_name_plural = _("events of applications")
        ordering = ["id"]
        default_permissions = []

    def __str__(self) -> str:
        return f"{self.application} {self.kind}"
