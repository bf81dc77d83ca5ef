"""What this room writes into the audit trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

SIGNED_IN = register("operators.signed_in", _("signed in"))
SIGN_IN_FAILED = register("operators.sign_in_failed", _("sign-in failed"))
SIGN_IN_LOCKED = register("operators.sign_in_locked", _("sign-in locked"))
SIGNED_OUT = register("operators.signed_out", _("signed out"))

CREATED = register("operators.created", _("operator created"))
BOOTSTRAPPED = register("operators.bootstrapped", _("first administrator created"))
CHANGED = register("operators.changed", _("operator changed"))
DISABLED = register("operators.disabled", _("operator disabled"))
ENABLED = register("operators.enabled", _("operator enabled"))
TRANSFERRED = register("operators.transferred", _("operator transferred"))
UNLOCKED = register("operators.unlocked", _("operator unlocked"))
ROLES_CHANGED = register("operators.roles_changed", _("roles changed"))
REPORT_EXPORTED = register("operators.report_exported", _("permission report exported"))

LINK_ISSUED = register("operators.password_link_issued", _("one-time link issued"))
PASSWORD_SET = register("operators.password_set", _("password set by one-time link"))
PASSWORD_CHANGED = register("operators.password_changed", _("own password changed"))

SECOND_FACTOR_ENROLLED = register("operators.second_factor_enrolled", _("second factor set up"))
SECOND_FACTOR_PASSED = register("operators.second_factor_passed", _("second factor confirmed"))
SECOND_FACTOR_FAILED = register("operators.second_factor_failed", _("second factor failed"))
SECOND_FACTOR_REMOVED = register("operators.second_factor_removed", _("second factor removed"))
SECOND_FACTOR_RESET = register("operators.second_factor_reset", _("second factor reset"))
RECOVERY_CODES_RENEWED = register("operators.recovery_codes_renewed", _("recovery codes renewed"))

BRANCH_ADDED = register("operators.branch_added", _("branch added"))
BRANCH_CHANGED = register("operators.branch_changed", _("branch changed"))
BRANCH_CLOSED = register("operators.branch_closed", _("branch closed"))
BRANCH_REOPENED = register("operators.branch_reopened", _("branch reopened"))
