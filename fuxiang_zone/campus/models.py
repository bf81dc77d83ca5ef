"""Schools that a bank serves, their students, what they charge and what has been paid."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fuxiang_zone.campus.choices import (
    BillState,
    FeeState,
    LinkedBy,
    NoticeKind,
    Outcome,
    SchoolKind,
)
from fuxiang_zone.campus.querysets import (
    BillQuerySet,
    OfSchoolQuerySet,
    PaymentQuerySet,
    SchoolQuerySet,
    StudentQuerySet,
)


class School(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    code = models.CharField(
        _("school code"), max_length=20, unique=True,
        validators=[RegexValidator(r"\A[A-Za-z0-9-]+\Z", _("Letters, digits and hyphens only."))],
        error_messages={"unique": _("Another school has this code already.")},
    )  # fmt: skip
    name = models.CharField(_("name"), max_length=60)
    name_key = models.CharField(max_length=200, editable=False)
    kind = models.CharField(
        _("kind"), max_length=14, choices=SchoolKind.choices, default=SchoolKind.PRIMARY
    )
    # That looks after it; says nothing of who sees it.
    branch = models.ForeignKey(
        "operators.Branch", verbose_name=_("branch"), null=True, blank=True,
        on_delete=models.PROTECT, related_name="+",
    )  # fmt: skip
    contact = models.CharField(_("contact at the school"), max_length=40, blank=True)
    contact_phone = models.CharField(_("phone of the contact"), max_length=20, blank=True)
    # Of the campus card, in cents, as the phone offers them; empty = no top-up by phone.
    top_up_cents = ArrayField(
        models.PositiveIntegerField(), verbose_name=_("amounts of a top-up"), default=list,
        blank=True,
    )  # fmt: skip
    is_open = models.BooleanField(pgettext_lazy("school", "open"), default=True)
    created_at = models.DateTimeField(_("created at"))

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("school")
        verbose_name_plural = _("schools")
        ordering = ["name_key", "id"]
        default_permissions = ["view", "add", "change"]
        permissions = [
            ("see_every_school", _("Can see every school")),
            ("manage_key", _("Can issue the secrets of schools' payment notices")),
            ("approve_bills", _("Can approve the bills of schools")),
        ]

    def __str__(self) -> str:
        return self.name


class SchoolOperator(models.Model):
    """Who sees a school, beside those who see every school."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="people")
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    given_at = models.DateTimeField()
    given_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["school", "operator"], name="campus_schooloperator_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.operator_id}"


class SchoolKey(models.Model):
    """What a school's system signs its notices of payment with; the secret is shown once."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="keys")
    # Told with every notice; no secret.
    key_id = models.CharField(_("key"), max_length=40, unique=True)
    # Encrypted (tenants.encryption), bound to ``key_id``.
    secret = models.BinaryField(editable=False)
    made_at = models.DateTimeField(_("issued at"))
    made_by_name = models.CharField(_("issued by"), max_length=150, blank=True)
    # Exclusive; null = in force.
    ends_at = models.DateTimeField(_("in force until"), null=True)

    objects = OfSchoolQuerySet.as_manager()

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["school"], condition=Q(ends_at=None), name="campus_schoolkey_one_in_force",
                violation_error_message=_("The school has a secret in force already."),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.key_id


class Student(models.Model):
    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(
        School, verbose_name=_("school"), on_delete=models.PROTECT, related_name="students"
    )
    number = models.CharField(_("student number"), max_length=30)
    # Masked when it is stored: 张*三.
    masked_name = models.CharField(pgettext_lazy("student", "name"), max_length=40)
    # Keyed digest of the whole name with the number: to check a parent's word, never to show it.
    name_digest = models.UUIDField(editable=False)
    grade = models.CharField(_("grade"), max_length=20, blank=True)
    class_name = models.CharField(_("class"), max_length=20, blank=True)
    is_enrolled = models.BooleanField(_("enrolled"), default=True)
    created_at = models.DateTimeField(_("created at"))

    objects = StudentQuerySet.as_manager()

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        ordering = ["school", "number"]
        default_permissions = ["view", "add", "change"]
        constraints = [
            models.UniqueConstraint(fields=["school", "number"], name="campus_student_number_once")
        ]
        indexes = [
            models.Index(fields=["school", "grade", "class_name"], name="campus_student_class")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.masked_name}"


class Guardian(models.Model):
    """A customer who sees a student's bills on the phone."""

    student = models.ForeignKey(Student, on_delete=models.CASCADE, related_name="guardians")
    customer_number = models.CharField(_("customer number"), max_length=32, db_index=True)
    linked_by = models.CharField(max_length=5, choices=LinkedBy.choices)
    linked_at = models.DateTimeField()

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(
                fields=["student", "customer_number"], name="campus_guardian_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.student_id} {self.customer_number}"


class LinkTry(models.Model):
    """How often a customer named a wrong student on one day."""

    customer_number = models.CharField(max_length=32)
    day = models.DateField()
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = []
        constraints = [
            models.UniqueConstraint(fields=["customer_number", "day"], name="campus_linktry_of_day")
        ]

    def __str__(self) -> str:
        return f"{self.customer_number} {self.day}"


class FeeItem(models.Model):
    """Something that a school charges: tuition of a term, lunch of a month."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(
        School, verbose_name=_("school"), on_delete=models.PROTECT, related_name="fees"
    )
    name = models.CharField(_("fee"), max_length=40)
    period = models.CharField(
        pgettext_lazy("fee", "period"), max_length=30, help_text=_("For example 2026 autumn.")
    )
    # Empty = all of the school; of the grade.
    grade = models.CharField(_("grade"), max_length=20, blank=True)
    class_name = models.CharField(_("class"), max_length=20, blank=True)
    # null = each student's amount comes by file.
    amount_cents = models.PositiveBigIntegerField(
        _("amount"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # Last day on which it is paid in time.
    due_on = models.DateField(_("due on"))
    takes_late = models.BooleanField(_("can be paid after the due date"), default=True)
    note = models.CharField(_("note for parents"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=FeeState.choices, default=FeeState.DRAFT
    )
    # Who had a hand in it: none of them approves it.
    contributors = ArrayField(models.BigIntegerField(), default=list, editable=False)
    created_at = models.DateTimeField(_("created at"))
    opened_at = models.DateTimeField(_("collecting since"), null=True)
    closed_at = models.DateTimeField(pgettext_lazy("fee", "closed at"), null=True)

    objects = OfSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("fee")
        verbose_name_plural = _("fees")
        ordering = ["-created_at", "-id"]
        default_permissions = ["view", "add", "change"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=FeeState.values), name="campus_feeitem_state_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents=None) | Q(amount_cents__gte=1),
                name="campus_feeitem_of_something",
                violation_error_message=_("A fee of nothing is none."),
            ),
            models.UniqueConstraint(
                fields=["school", "name", "period", "grade", "class_name"],
                name="campus_feeitem_once",
                violation_error_message=_("The school has this fee for this period already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.period}"


class Bill(models.Model):
    """What one student owes of one fee."""

    uid = models.UUIDField(_("bill number"), default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(
        School, verbose_name=_("school"), on_delete=models.PROTECT, related_name="bills"
    )
    fee = models.ForeignKey(
        FeeItem, verbose_name=_("fee"), on_delete=models.PROTECT, related_name="bills"
    )
    student = models.ForeignKey(
        Student, verbose_name=_("student"), on_delete=models.PROTECT, related_name="bills"
    )
    amount_cents = models.PositiveBigIntegerField(_("amount"))
    state = models.CharField(
        _("state"), max_length=10, choices=BillState.choices, default=BillState.DRAFT
    )
    paid_at = models.DateTimeField(_("paid at"), null=True)
    # The school's number of the payment that counts.
    payment_id = models.CharField(_("payment"), max_length=64, blank=True)
    changed_at = models.DateTimeField()

    objects = BillQuerySet.as_manager()

    class Meta:
        verbose_name = _("bill")
        verbose_name_plural = _("bills")
        ordering = ["-id"]
        default_permissions = ["view", "change"]
        permissions = [("export_bill", _("Can export bills"))]
        constraints = [
            models.UniqueConstraint(fields=["fee", "student"], name="campus_bill_once"),
            models.CheckConstraint(
                condition=Q(state__in=BillState.values), name="campus_bill_state_known"
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=1), name="campus_bill_of_something"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["paid", "refunded"], paid_at__isnull=False)
                | Q(state__in=["draft", "unpaid", "cancelled"], paid_at=None),
                name="campus_bill_paid_at_some_time",
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state", "-id"], name="campus_bill_list"),
            models.Index(fields=["student", "state"], name="campus_bill_of_student"),
        ]

    def __str__(self) -> str:
        return str(self.uid)


class Payment(models.Model):
    """A notice of a school's system that money came or went back, with what became of it."""

    # Digest of school and the school's number: one number, one notice.
    id = models.UUIDField(primary_key=True, editable=False)
    school = models.ForeignKey(
        School, verbose_name=_("school"), on_delete=models.PROTECT, related_name="payments"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=NoticeKind.choices)
    payment_id = models.CharField(_("payment"), max_length=64)
    # Of refunds: the payment that goes back.
    refund_of = models.CharField(_("refund of"), max_length=64, blank=True)
    # As it was named, and the bill if there is one.
    bill_uid = models.CharField(_("bill number"), max_length=40)
    bill = models.ForeignKey(Bill, null=True, on_delete=models.PROTECT, related_name="payments")
    amount_cents = models.PositiveBigIntegerField(_("amount"))
    occurred_at = models.DateTimeField(_("paid at"))
    received_at = models.DateTimeField(_("received at"))
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome.choices)
    # Of payments: when their refund came.
    given_back_at = models.DateTimeField(_("given back at"), null=True)
    key_id = models.CharField(max_length=40)
    # Digest of the notice: the same number with other contents is refused.
    fingerprint = models.CharField(max_length=64, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("school's payment notice")
        verbose_name_plural = _("schools' payment notices")
        ordering = ["-received_at", "-id"]
        default_permissions = ["view"]
        indexes = [
            models.Index(fields=["school", "-received_at"], name="campus_payment_list"),
            models.Index(
                fields=["school", "refund_of"],
                condition=Q(kind="refund", outcome="waiting"),
                name="campus_payment_waiting",
            ),
        ]

    def __str__(self) -> str:
        return self.payment_id
