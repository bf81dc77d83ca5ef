from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class FieldType(TextChoices):
    """What a field of a product type holds. How a value is kept: text as text; whole numbers as
    numbers; ``money`` and the ends of its ranges in cents; decimals, percentages and dates as
    text; a range as ``{"least": n|None, "most": n|None}``."""

    TEXT = "text", _("short text")
    LONG_TEXT = "long_text", _("long text")
    INTEGER = "integer", _("whole number")
    DECIMAL = "decimal", _("decimal number")
    MONEY = "money", _("amount of money")
    PERCENT = "percent", _("percentage")
    DATE = "date", _("date")
    CHOICE = "choice", _("one of several")
    CHOICES = "choices", _("several of several")
    BOOLEAN = "boolean", _("yes or no")
    RANGE_MONEY = "range_money", _("range of amounts")
    RANGE_INTEGER = "range_integer", _("range of numbers")
    AMOUNTS = "amounts", _("list of amounts")
    URL = "url", _("web address")
    PHONE = "phone", _("telephone number")


class TypeState(TextChoices):
    """Banks apply for open types. A closed type takes no new applications; whoever has it open
    keeps it."""

    DRAFT = "draft", pgettext_lazy("product type", "draft")
    OPEN = "open", pgettext_lazy("product type", "open")
    CLOSED = "closed", pgettext_lazy("product type", "closed")


class Category(TextChoices):
    DEPOSIT = "deposit", pgettext_lazy("product category", "deposits")
    LOAN = "loan", pgettext_lazy("product category", "loans")
    WEALTH = "wealth", pgettext_lazy("product category", "wealth")
    INSURANCE = "insurance", pgettext_lazy("product category", "insurance")
    CAMPUS = "campus", pgettext_lazy("product category", "campus")
    BENEFIT = "benefit", pgettext_lazy("product category", "benefits")
    QUERY = "query", pgettext_lazy("product category", "queries")
    OTHER = "other", pgettext_lazy("product category", "other")


class Feature(TextChoices):
    """What products of a type carry beside the fields of its schema."""

    RATES = "rates", _("rate table")
    QUOTA = "quota", _("sale window and quota")
    SUITABILITY = "suitability", _("risk level and suitability")
    CAMPUS = "campus", _("schools and fee items")
    LINKS = "links", _("links to functions, coupons and campaigns")


class ApplicationState(TextChoices):
    DRAFT = "draft", pgettext_lazy("zone application", "draft")
    SUBMITTED = "submitted", pgettext_lazy("zone application", "in review")
    RETURNED = "returned", pgettext_lazy("zone application", "sent back")
    APPROVED = "approved", pgettext_lazy("zone application", "approved")
    REJECTED = "rejected", pgettext_lazy("zone application", "rejected")
    WITHDRAWN = "withdrawn", pgettext_lazy("zone application", "withdrawn")


class Verdict(TextChoices):
    APPROVE = "approve", _("approve")
    RETURN = "return", _("send back")
    REJECT = "reject", _("reject")
