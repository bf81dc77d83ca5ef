from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from audit.querysets import AppendOnlyRow
from publishing.choices import OfferState, PublicationAction, Severity, TemplateVerdict
from publishing.querysets import ForbiddenWordQuerySet, PublicationQuerySet


class Publishable(models.Model):
    """A draft that reaches customers only through review. Kinds add fields, ``render_payload``."""

    # Stable, and the same word in the console, the publication and the channel API.
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(_("title"), max_length=80)
    starts_at = models.DateTimeField(_("starts at"))
    # null = until withdrawn
    ends_at = models.DateTimeField(_("ends at"), null=True, blank=True)
    # A validated rule, not a foreign key: province-wide content refers to no bank's rows.
    # {} = everybody.
    audience = models.JSONField(_("audience"), default=dict, blank=True)
    priority = models.SmallIntegerField(_("priority"), default=0)
    # null = every branch. PROTECT: content of a branch is moved before the branch goes.
    branch = models.ForeignKey(
        "operators.Branch",
        verbose_name=_("branch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("edited by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    # Everyone who changed this draft since its last publication; none of them may check it.
    contributors = models.JSONField(default=list, editable=False)
    # Counts edits: a form that was opened on an older version does not overwrite a newer one.
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="%(app_label)s_%(class)s_period_order",
                violation_error_message=_("The period ends before it starts."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    def render_payload(self) -> dict[str, Any]:
        """The versioned document that customers receive: plain JSON without floats."""
        raise NotImplementedError


class Publication(AppendOnlyRow, models.Model):
    """An approved version of one piece of content: written once, chained by ``audit``."""

    id = models.UUIDField(primary_key=True, editable=False)
    # Order within the bank: given under the lock of EditionHead.
    number = models.BigIntegerField(_("number"), unique=True)
    kind = models.CharField(_("kind"), max_length=40)
    target_id = models.UUIDField()
    version = models.PositiveIntegerField(_("version"))
    action = models.CharField(_("action"), max_length=10, choices=PublicationAction.choices)
    title = models.CharField(_("title"), max_length=80)
    # The versioned document customers receive; null for a withdrawal.
    payload = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    starts_at = models.DateTimeField(_("starts at"), null=True)
    ends_at = models.DateTimeField(_("ends at"), null=True)
    audience = models.JSONField(default=dict)
    priority = models.SmallIntegerField(default=0)
    # Version of the draft it was made from; the draft has been edited since when they differ.
    draft_version = models.PositiveIntegerField(null=True)
    branch_path = models.CharField(max_length=255, blank=True)
    branch_name = models.CharField(_("branch"), max_length=100, blank=True)
    published_at = models.DateTimeField(_("published at"))
    # The approval behind it; null only for an emergency withdrawal, which one person may do.
    request = models.ForeignKey(
        "approvals.Request", null=True, on_delete=models.PROTECT, related_name="+"
    )
    maker_name = models.CharField(_("maker"), max_length=150)
    checker_name = models.CharField(_("checker"), max_length=150, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    # MAC of the piece's previous publication, empty for its first.
    previous_mac = models.CharField(max_length=120, blank=True)
    mac = models.CharField(max_length=120)

    objects = PublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("publication")
        verbose_name_plural = _("publications")
        ordering = ["-number"]
        default_permissions = ["view"]
        permissions = [
            ("approve_publication", _("Can approve publications")),
            ("withdraw_publication", _("Can withdraw in an emergency")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["target_id", "kind", "version"], name="publishing_publication_version_once"
            ),
            models.CheckConstraint(
                condition=Q(action="withdraw") | Q(payload__isnull=False, request__isnull=False),
                name="publishing_publication_is_approved",
                violation_error_message=_("Nothing is published without an approval."),
            ),
        ]
        indexes = [models.Index(fields=["published_at"], name="publishing_pub_at")]

    def __str__(self) -> str:
        return f"{self.title} v{self.version}"


class Edition(models.Model):
    """The compiled document of all current publications of one schema, under its own digest."""

    digest = models.CharField(primary_key=True, max_length=64)
    document = models.JSONField(encoder=DjangoJSONEncoder)
    # Number of the last publication in it.
    number = models.BigIntegerField(_("number"))
    compiled_at = models.DateTimeField(_("compiled at"))

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["-compiled_at"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return self.digest[:12]


class EditionHead(models.Model):
    """The current edition; its one row is the lock under which publications are numbered."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    digest = models.CharField(max_length=64, blank=True)
    number = models.BigIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = []
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="publishing_editionhead_single")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class ProvinceTemplate(Publishable):
    """What the province says about one group of settings: per setting a lock and a value.

    Drafted on the platform, published into the province's edition; which settings there are, the
    room that registered ``name`` in ``publishing.locks`` knows.
    """

    name = models.CharField(_("group of settings"), max_length=40, unique=True)
    # {key: {"lock": "locked" | "default" | "free" | "must_fill", "value": …}}
    settings = models.JSONField(default=dict)

    class Meta(Publishable.Meta):
        verbose_name = _("province template")
        verbose_name_plural = _("province templates")
        ordering = ["name"]

    def render_payload(self) -> dict[str, Any]:
        return {"schema": 1, "name": self.name, "settings": self.settings}


class BankSettings(Publishable):
    """One bank's own values of a group of settings, and the template that it has accepted."""

    name = models.CharField(_("group of settings"), max_length=40, unique=True)
    # {key: value}: only what the bank has set itself.
    values = models.JSONField(default=dict)
    # The accepted template: {"version": n, "settings": {…}}; {} = follows the newest.
    accepted = models.JSONField(default=dict)

    class Meta(Publishable.Meta):
        verbose_name = _("settings of the bank")
        verbose_name_plural = _("settings of the bank")
        ordering = ["name"]

    def render_payload(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "name": self.name,
            "values": self.values,
            "accepted": self.accepted,
        }


class TemplateAnswer(models.Model):
    """What a bank said to one version of a province template."""

    name = models.CharField(_("group of settings"), max_length=40)
    template_version = models.PositiveIntegerField(_("version"))
    verdict = models.CharField(_("answer"), max_length=10, choices=TemplateVerdict.choices)
    reason = models.TextField(_("reason"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"))

    class Meta:
        verbose_name = _("answer to a template")
        verbose_name_plural = _("answers to templates")
        ordering = ["-answered_at", "-id"]
        default_permissions = ["view"]

    def __str__(self) -> str:
        return f"{self.name} v{self.template_version}"


class ReceivedOffer(models.Model):
    """Content that the platform offers to this bank, to accept as a draft, change and publish."""

    # The platform's publishing.offers.Offer: an id, no foreign key across schemas.
    offer_id = models.UUIDField(unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("title"), max_length=80)
    # What the kind's ``offer_content`` gave.
    content = models.JSONField(encoder=DjangoJSONEncoder)
    note = models.TextField(_("note"), blank=True)
    offered_by = models.CharField(_("offered by"), max_length=150)
    offered_at = models.DateTimeField(_("offered at"))
    state = models.CharField(
        _("state"), max_length=10, choices=OfferState.choices, default=OfferState.WAITING
    )
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answer_note = models.TextField(_("reason"), blank=True)
    # The draft that was made of it.
    draft_uid = models.UUIDField(null=True, editable=False)

    class Meta:
        verbose_name = _("offer of the province")
        verbose_name_plural = _("offers of the province")
        ordering = ["-offered_at", "-id"]
        default_permissions = ["view", "change"]

    def __str__(self) -> str:
        return self.title


class ForbiddenWord(models.Model):
    """What no content may say, or only after a second look. In public: in every bank."""

    word = models.CharField(_("word"), max_length=40)
    # The word as it is compared: two that differ in width or blanks are one.
    bare = models.CharField(max_length=80, unique=True, editable=False)
    severity = models.CharField(
        _("effect"), max_length=5, choices=Severity.choices, default=Severity.BLOCK
    )
    # Longer words in which it is harmless, separated by commas: 第一 in 第一季度.
    harmless = models.CharField(_("harmless in"), max_length=400, blank=True)
    # What to say instead, for the maker.
    note = models.CharField(_("advice"), max_length=200, blank=True)
    # The law, notice or decision that it comes from.
    source = models.CharField(_("source"), max_length=200, blank=True)
    is_active = models.BooleanField(_("in force"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ForbiddenWordQuerySet.as_manager()

    class Meta:
        verbose_name = _("forbidden word")
        verbose_name_plural = _("forbidden words")
        ordering = ["-is_active", "severity", "word"]
        constraints = [
            models.CheckConstraint(
                condition=Q(severity__in=Severity.values),
                name="publishing_forbiddenword_severity_known",
            ),
            models.CheckConstraint(
                condition=~Q(bare=""),
                name="publishing_forbiddenword_not_empty",
                violation_error_message=_("Enter a word."),
            ),
        ]

    def __str__(self) -> str:
        return self.word
