from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class BankRole(TextChoices):
    """Roles in a bank's console; the value is the name of the group."""

    ADMINISTRATOR = "administrator", _("administrator")
    MAKER = "maker", _("maker")
    CHECKER = "checker", _("checker")
    VIEWER = "viewer", _("viewer")
    BRANCH = "branch", _("branch staff")


class PlatformRole(TextChoices):
    ADMINISTRATOR = "administrator", _("administrator")
    OPERATOR = "operator", _("operator")
    TECHNICAL_REVIEWER = "technical_reviewer", _("technical reviewer")
    COMPLIANCE_REVIEWER = "compliance_reviewer", _("compliance reviewer")
    AUDITOR = "auditor", _("auditor")


class BranchKind(TextChoices):
    HEAD_OFFICE = "head_office", _("head office")
    SUB_BRANCH = "sub_branch", _("sub-branch")
    OUTLET = "outlet", _("outlet")
