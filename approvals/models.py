from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from approvals.choices import RequestStatus, Verdict
from approvals.querysets import RequestQuerySet


class Request(models.Model):
    """One proposed change, frozen at submission. ``kind`` says how to show and to apply it."""

    # Tells the submitter whether the row that ON CONFLICT left standing is theirs.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    target_kind = models.CharField(max_length=60)
    target_id = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=200)
    # What will be applied, to the letter; nothing edited later can slip in.
    payload = models.JSONField(encoder=DjangoJSONEncoder)
    # What it would replace, as it was at submission; null = nothing there yet.
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    # Digest of the target's state at submission; another state at approval makes the request stale.
    base_digest = models.CharField(max_length=64, blank=True)
    note = models.TextField(_("note to the checker"), blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=RequestStatus.choices, default=RequestStatus.PENDING
    )
    # PROTECT: who proposed it must stay answerable.
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("maker"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    maker_name = models.CharField(_("maker"), max_length=150)
    # Others who had a hand in the change (ids of operators): they may not check it either.
    contributors = models.JSONField(default=list)
    checkers_required = models.PositiveSmallIntegerField(_("checkers"), default=1)
    branch_path = models.CharField(max_length=255, blank=True)
    branch_name = models.CharField(_("branch"), max_length=100, blank=True)
    submitted_at = models.DateTimeField(_("submitted at"))
    expires_at = models.DateTimeField(_("expires at"))
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # The request that this one replaces after a rebase or a second try.
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    objects = RequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval request")
        verbose_name_plural = _("approval requests")
        ordering = ["-submitted_at", "-id"]
        default_permissions = ["view"]
        constraints = [
            models.UniqueConstraint(
                fields=["target_kind", "target_id", "kind"],
                condition=Q(status="pending"),
                name="approvals_request_one_open",
                violation_error_message=_("This is already in review."),
            ),
            # What the composite foreign key of Decision refers to.
            models.UniqueConstraint(fields=["id", "maker"], name="approvals_request_id_maker"),
            models.CheckConstraint(
                condition=Q(status__in=RequestStatus.values), name="approvals_request_status_known"
            ),
            models.CheckConstraint(
                condition=Q(checkers_required__gte=1), name="approvals_request_needs_a_checker"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-submitted_at"], name="approvals_request_inbox"),
            models.Index(fields=["maker", "-submitted_at"], name="approvals_request_mine"),
            models.Index(fields=["target_kind", "target_id"], name="approvals_request_target"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_pending(self) -> bool:
        return self.status == RequestStatus.PENDING

    def is_overdue(self, at: datetime) -> bool:
        return self.is_pending and self.expires_at <= at

    def had_a_hand(self, operator_id: int) -> bool:
        return operator_id == self.maker_id or operator_id in self.contributors


class Decision(models.Model):
    """A checker's answer. ``maker_id`` repeats the request's (held by a composite foreign key), so
    that the database itself refuses a checker who is the maker."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="decisions")
    maker_id = models.BigIntegerField()
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("checker"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    checker_name = models.CharField(_("checker"), max_length=150)
    step = models.PositiveSmallIntegerField(_("step"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict.choices)
    comment = models.TextField(_("comment"), blank=True)
    decided_at = models.DateTimeField(_("decided at"))

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["decided_at", "id"]
        default_permissions = ["view"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(checker_id=F("maker_id")),
                name="approvals_decision_maker_is_not_checker",
                violation_error_message=_("Nobody checks their own change."),
            ),
            models.UniqueConstraint(
                fields=["request", "checker"],
                name="approvals_decision_one_per_checker",
                violation_error_message=_("You have already decided on this request."),
            ),
            models.UniqueConstraint(
                fields=["request", "step"], name="approvals_decision_one_per_step"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.verdict}"
