"""Liveness sessions. No face is kept: a capture's bytes stay until the engine has judged them,
under a key that only Redis holds; what is left is the outcome."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from openapi_gateway.base_services.liveness.choices import (
    EXPIRED,
    EXPIRED_LABEL,
    OPEN,
    CaptureState,
    CompareType,
    Decision,
    Fallback,
    Mode,
    Risk,
    SessionState,
)
from openapi_gateway.base_services.liveness.querysets import SessionQuerySet
from openapi_gateway.choices import Environment

MAX_SECONDS = 180
ATTEMPTS = 3


class LivenessSession(models.Model):
    # "ls_" and 192 bits: what partners, phones and pages call it.
    session_id = models.CharField(
        pgettext_lazy("liveness", "session"), max_length=40, unique=True, editable=False
    )
    bank = models.ForeignKey(
        "tenants.Bank", verbose_name=_("bank"), on_delete=models.PROTECT, related_name="+"
    )
    client = models.ForeignKey(
        "gateway_credentials.Client", verbose_name=_("client"), on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    environment = models.CharField(_("environment"), max_length=10, choices=Environment.choices)
    biz_no = models.CharField(_("business number"), max_length=64)
    scene = models.CharField(pgettext_lazy("liveness", "scene"), max_length=40)
    mode = models.CharField(pgettext_lazy("liveness", "mode"), max_length=6, choices=Mode.choices)
    risk_level = models.CharField(
        pgettext_lazy("liveness", "risk"), max_length=6, choices=Risk.choices
    )
    # The partner's name for the person; empty when it told none.
    openid = models.CharField(max_length=40, blank=True)
    # Keyed digest of the bank's customer: to count by, never to show.
    subject = models.CharField(max_length=32)
    masked_subject = models.CharField(_("person"), max_length=32)
    consent_id = models.CharField(_("consent"), max_length=64)
    compare_type = models.CharField(
        _("compared with"), max_length=12, choices=CompareType.choices, blank=True
    )
    compare_ref = models.BinaryField(null=True, editable=False)
    fallback_method = models.CharField(
        _("other way offered"), max_length=10, choices=Fallback.choices
    )
    callback_url = models.CharField(_("callback address"), max_length=300, blank=True)
    # Of the identity service, when this session answers its step-up.
    challenge_id = models.CharField(max_length=64, blank=True)
    # Keyed digest of what the partner called the device; empty when it told none.
    device = models.CharField(max_length=32, blank=True)
    # What the phone asks for, step by step: [{"step": 1, "kind": "action", "actions": […]}]
    challenge = models.JSONField(default=list)
    # SHA-256 of the phone's token.
    token_digest = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    # Until when the session can still come to a result: later than ``expires_at`` while the engine
    # judges what came in time.
    deadline = models.DateTimeField()
    state = models.CharField(
        pgettext_lazy("liveness", "state"),
        max_length=10,
        choices=SessionState.choices,
        default=SessionState.CREATED,
    )
    # Steps of the challenge that are behind.
    step = models.PositiveSmallIntegerField(default=0)
    attempts_left = models.PositiveSmallIntegerField(_("attempts left"), default=ATTEMPTS)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    decision = models.CharField(
        pgettext_lazy("liveness", "decision"), max_length=10, choices=Decision.choices, blank=True
    )
    score = models.DecimalField(_("score"), max_digits=7, decimal_places=4, null=True)
    threshold = models.DecimalField(
        pgettext_lazy("liveness", "threshold"), max_digits=7, decimal_places=4, null=True
    )
    similarity = models.DecimalField(
        pgettext_lazy("liveness", "similarity"), max_digits=7, decimal_places=4, null=True
    )
    model_version = models.CharField(_("model version"), max_length=60, blank=True)
    pad_level = models.CharField(_("attack detection"), max_length=60, blank=True)
    vendor = models.CharField(_("engine"), max_length=40, blank=True)
    vendor_ref = models.CharField(_("engine's reference"), max_length=80, blank=True)
    # Of the result or, while the session is open, of the last attempt.
    failure_code = models.CharField(_("failure code"), max_length=60, blank=True)
    retryable = models.BooleanField(default=False)
    billable = models.BooleanField(_("billable"), default=False)
    # Names the one result token; used once.
    result_jti = models.CharField(max_length=40, blank=True)
    consumed_at = models.DateTimeField(_("result used at"), null=True, blank=True)
    # When partners were told of the end, whatever it was: once.
    announced_at = models.DateTimeField(null=True)
    # When scores and references were deleted, too.
    purged_at = models.DateTimeField(_("purged at"), null=True, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("liveness session")
        verbose_name_plural = _("liveness sessions")
        ordering = ["-id"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "environment", "biz_no"],
                name="gateway_liveness_biz_no_once",
                violation_error_message=_("This business number has a session already."),
            ),
            models.CheckConstraint(
                condition=Q(expires_at__lte=F("created_at") + timedelta(seconds=MAX_SECONDS)),
                name="gateway_liveness_short",
                violation_error_message=_("A session lasts 180 seconds at most."),
            ),
            models.CheckConstraint(
                condition=Q(attempts_left__lte=ATTEMPTS), name="gateway_liveness_attempts"
            ),
            models.CheckConstraint(
                condition=~Q(state=SessionState.PASSED) | Q(decision=Decision.LIVE),
                name="gateway_liveness_passed_is_live",
                violation_error_message=_("Only who was found live has passed."),
            ),
            models.CheckConstraint(
                condition=Q(state__in=[*OPEN, SessionState.CANCELLED])
                | Q(completed_at__isnull=False),
                name="gateway_liveness_decided_at",
            ),
        ]
        indexes = [
            models.Index(fields=["bank", "-id"], name="gateway_liveness_of_bank"),
            models.Index(
                fields=["deadline"], condition=Q(announced_at__isnull=True),
                name="gateway_liveness_unfinished",
            ),
            models.Index(fields=["bank", "created_at"], name="gateway_liveness_by_day"),
            models.Index(
                fields=["completed_at"],
                condition=Q(purged_at__isnull=True, completed_at__isnull=False),
                name="gateway_liveness_unpurged",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.biz_no

    def is_open_at(self, at: datetime) -> bool:
        return self.state in OPEN and self.deadline > at

    def state_at(self, at: datetime) -> str:
        """``SessionState``, or "expired"."""
        return EXPIRED if self.state in OPEN and self.deadline <= at else self.state

    def state_label_at(self, at: datetime) -> str:
        state = self.state_at(at)
        return str(EXPIRED_LABEL if state == EXPIRED else SessionState(state).label)


class Capture(models.Model):
    """One upload by a phone."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    session = models.ForeignKey(LivenessSession, on_delete=models.PROTECT, related_name="captures")
    step = models.PositiveSmallIntegerField(_("step"))
    state = models.CharField(
        pgettext_lazy("liveness", "state"),
        max_length=10,
        choices=CaptureState.choices,
        default=CaptureState.WAITING,
    )
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(_("bytes"))
    sha256 = models.CharField(max_length=64)
    # Within which the same bytes are a replay: the bank in production, the session in the sandbox.
    replay_scope = models.CharField(max_length=80)
    # AES-256-GCM under a key that Redis holds for minutes; null as soon as it is judged.
    media = models.BinaryField(null=True, editable=False)
    # The engine's name for this capture: how its callback finds it.
    engine_ref = models.CharField(max_length=120, blank=True)
    # When the engine had deleted what it held of it.
    discarded_at = models.DateTimeField(null=True)
    # When its outcome stood in the stream of calls; null while nothing is to be billed.
    metered_at = models.DateTimeField(null=True)
    billable = models.BooleanField(default=False)
    failure_code = models.CharField(_("failure code"), max_length=60, blank=True)
    # Of the call that brought it.
    request_id = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField(_("received at"))
    # Who took it up is taken for dead at this moment.
    lease_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)

    class Meta:
        verbose_name = _("capture")
        verbose_name_plural = _("captures")
        ordering = ["id"]
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["replay_scope", "sha256"],
                condition=~Q(state=CaptureState.GIVEN_BACK),
                name="gateway_liveness_capture_once",
                violation_error_message=_("The same capture was sent before."),
            ),
            models.CheckConstraint(
                condition=Q(media__isnull=True)
                | Q(state__in=[CaptureState.WAITING, CaptureState.SUBMITTED]),
                name="gateway_liveness_media_only_while_judged",
            ),
        ]
        indexes = [
            models.Index(
                fields=["received_at"],
                condition=Q(state__in=[CaptureState.WAITING, CaptureState.SUBMITTED]),
                name="gateway_liveness_capture_open",
            ),
            models.Index(
                fields=["settled_at"],
                condition=Q(settled_at__isnull=False, discarded_at__isnull=True)
                & ~Q(engine_ref=""),
                name="gateway_liveness_undiscarded",
            ),
            models.Index(
                fields=["settled_at"], condition=Q(billable=True, metered_at__isnull=True),
                name="gateway_liveness_unmetered",
            ),
            models.Index(
                fields=["engine_ref"], condition=~Q(engine_ref=""),
                name="gateway_liveness_engine_ref",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.uid)
