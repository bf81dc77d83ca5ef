from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from intake.choices import JobState


class Job(models.Model):
    """Work that takes longer than a request. This row is the truth; the broker only wakes a worker,
    so losing the broker loses nothing."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Registered in intake.jobs.
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=200)
    params = models.JSONField(default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED
    )
    # In units of the kind's own (rows, coupons); total 0 = not known yet.
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("of"), default=0)
    # What the page says of the step at hand.
    step = models.CharField(_("step"), max_length=200, blank=True)
    result = models.JSONField(default=dict)
    # The sentence for the operator.
    error = models.TextField(_("error"), blank=True)
    # A worker that runs it writes this every few seconds; who is silent has died. Of a job that
    # waits: when a worker was last told of it.
    heartbeat_at = models.DateTimeField(null=True)
    # Counts the runs: a worker whose number is no longer this one has lost the job.
    attempt = models.PositiveIntegerField(default=0)
    # Of who began it: steps and errors are written in it.
    language = models.CharField(max_length=10, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("operator"), null=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(_("created at"))
    started_at = models.DateTimeField(_("started at"), null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [("see_every_job", _("Can see and cancel everybody's background jobs"))]
        indexes = [
            models.Index(
                fields=["heartbeat_at"],
                condition=Q(state__in=["queued", "running"]),
                name="intake_job_open",
            )
        ]

    def __str__(self) -> str:
        return self.title


class StoredFile(models.Model):
    """A file of an operator, or for one: encrypted where it lies, gone after its time."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Name in the storage; empty = removed.
    stored_as = models.CharField(max_length=200, blank=True)
    name = models.CharField(_("file"), max_length=200)
    size = models.PositiveBigIntegerField(_("bytes"))
    # Of the plain bytes.
    sha256 = models.CharField(max_length=64)
    # Who may fetch it: operators with this permission ("app.codename"), and who brought it.
    permission = models.CharField(max_length=100, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("kept until"), null=True)

    class Meta:
        verbose_name = _("stored file")
        verbose_name_plural = _("stored files")
        default_permissions = []
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=~Q(stored_as=""),
                name="intake_storedfile_kept",
            )
        ]

    def __str__(self) -> str:
        return self.name
