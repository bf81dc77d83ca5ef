"""What the keyboard refuses. None of these says anything of the digits that were pressed, except
PIN.WEAK, which names the rule to the one who chooses a new PIN."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from openapi_gateway.errors import define

CIPHERTEXT = define(
    "PIN.CIPHERTEXT", 422, "pin-ciphertext", _("The ciphertext does not open."),
    _("Encrypt for the session's key and bind to session, client, random and purpose; begin a new "
      "session."),
)  # fmt: skip
LENGTH = define(
    "PIN.LENGTH", 422, "pin-length", _("The PIN has another length than the session."),
    _("Begin a new session with the length that you expect."),
)  # fmt: skip
POSITION = define(
    "PIN.POSITION", 422, "pin-position", _("A pressed position is not on the keypad."),
    _("Send positions from 0 to 9, one byte each; begin a new session."),
)  # fmt: skip
WEAK = define(
    "PIN.WEAK", 422, "pin-weak", _("The new PIN is too easy to guess."),
    _("Ask the customer for another PIN, without repeats, runs or account digits, in a new "
      "session."),
)  # fmt: skip
TARGET_KEY = define(
    "PIN.TARGET_KEY", 422, "pin-target-key", _("The bank has no zone key of this name."),
    _("Name a zone key that the platform has agreed with the bank."),
)  # fmt: skip
FORMAT = define(
    "PIN.FORMAT", 422, "pin-format", _("The zone key does not fit the block format."),
    _("Use an AES key with format 4, a TDES key with format 0."),
)  # fmt: skip
PAN = define(
    "PIN.PAN", 422, "pin-pan", _("The account cannot be bound to the block."),
    _("Send either pan, 13 to 19 digits (12 to 19 in format 4), or pan_token."),
)  # fmt: skip
PURPOSE = define(
    "PIN.PURPOSE", 422, "pin-purpose", _("The session was begun for another purpose."),
    _("Verify PINs of sessions for login or txn, and all of step-ups; translate those for set."),
)  # fmt: skip
ACCOUNT = define(
    "PIN.ACCOUNT", 422, "pin-account", _("The session is not for this account."),
    _("Name the account_ref that the session was begun with; none in the session of a step-up."),
)  # fmt: skip
LOCKED = define(
    "PIN.LOCKED", 429, "pin-locked", _("This account has had too many wrong PINs today."),
    _("Wait until locked_until; the branch can help the customer."), retryable=True,
)  # fmt: skip
# No refusal: the answer of a verification.
MISMATCH = "PIN.MISMATCH"
