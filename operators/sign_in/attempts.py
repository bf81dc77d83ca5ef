"""Checking a password: every try is counted in the database before the password is looked at."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from audit.services import record
from operators import events
from operators.errors import PasswordRefused, SignInRefused
from operators.models import Operator, UnknownName
from operators.querysets import FAILURE_MEMORY, AttemptQuerySet

UNKNOWN_NAMES_KEPT = 10_000
_NAME_LENGTH = 150
_WRONG = gettext_lazy("wrong user name or password")
_LOCKED = gettext_lazy("tried while locked")
_DISABLED = gettext_lazy("the account is disabled")
_ASKED_AGAIN = gettext_lazy("wrong password when asked again")


def normalise_name(text: str) -> str:
    """As typed on any keyboard: full-width letters, capitals and blanks around do not matter."""
    return unicodedata.normalize("NFKC", text).replace("\0", "").strip().lower()[:_NAME_LENGTH]


def attempt_sign_in(*, username: str, password: str, at: datetime | None = None) -> Operator:
    """The operator whose name and password these are. Raises ``SignInRefused``.

    Unknown names are counted, locked, timed and answered like known ones, so nobody learns names.
    """
    at = at or timezone.now()
    name = normalise_name(username)
    operator = Operator.objects.filter(username=name).select_related("branch").first()
    counter = _counter(operator, name, at)
    if not counter.claim_attempt(at):
        _record_failure(operator, name, _LOCKED, at)
        raise _locked(counter)
    if not _password_is_right(operator, password):
        _refuse(operator, name, counter, at)
    assert operator is not None
    if not operator.is_active:
        _record_failure(operator, name, _DISABLED, at)
        raise SignInRefused(
            _("This account is disabled. Ask an administrator of your console."),
            code="sign_in.disabled",
        )
    with transaction.atomic():
        counter.forget_failures()
        record(events.SIGNED_IN, actor=operator, target=operator, at=at)
    return operator


def confirm_password(*, actor: Operator, password: str, at: datetime | None = None) -> None:
    """Whoever holds a session must still know the password; tries count as at sign-in."""
    at = at or timezone.now()
    counter = _counter(actor, actor.username, at)
    if not counter.claim_attempt(at):
        raise _locked(counter)
    if not actor.check_password(password):
        _record_failure(actor, actor.username, _ASKED_AGAIN, at)
        raise PasswordRefused(_("Your present password is not right."), code="password.wrong")
    counter.forget_failures()


def _counter(operator: Operator | None, name: str, at: datetime) -> AttemptQuerySet:
    if operator is not None:
        return Operator.objects.filter(pk=operator.pk)
    rows = UnknownName.objects.filter(pk=name)
    if not rows.exists():
        _make_room(at)
        UnknownName.objects.bulk_create([UnknownName(username=name)], ignore_conflicts=True)
    return rows


def _make_room(at: datetime) -> None:
    """Whoever tries a million names fills no table: the oldest make way."""
    if UnknownName.objects.count() < UNKNOWN_NAMES_KEPT:
        return
    UnknownName.objects.filter(last_failed_at__lte=at - FAILURE_MEMORY).delete()
    oldest = UnknownName.objects.order_by("last_failed_at").values("pk")[: UNKNOWN_NAMES_KEPT // 10]
    if UnknownName.objects.count() >= UNKNOWN_NAMES_KEPT:
        UnknownName.objects.filter(pk__in=list(oldest.values_list("pk", flat=True))).delete()


def _password_is_right(operator: Operator | None, password: str) -> bool:
    if operator is None:
        Operator().set_password(password)  # takes as long as checking one
        return False
    return operator.check_password(password)


def _refuse(operator: Operator | None, name: str, counter: AttemptQuerySet, at: datetime) -> None:
    _record_failure(operator, name, _WRONG, at)
    locked_until = counter.values_list("locked_until", flat=True).first()
    if locked_until is not None and locked_until > at:
        with transaction.atomic():
            record(
                events.SIGN_IN_LOCKED,
                actor=None,
                after={"locked_until": locked_until},
                at=at,
                **_target(operator, name),
            )
        raise _locked(counter)
    raise SignInRefused(_("The user name or the password is not right."), code="sign_in.wrong")


def _locked(counter: AttemptQuerySet) -> SignInRefused:
    until = counter.values_list("locked_until", flat=True).first() or timezone.now()
    shown = date_format(timezone.localtime(until), "Y-m-d H:i")
    return SignInRefused(
        _("Too many failed attempts. Sign-in with this name opens again at %(time)s.")
        % {"time": shown},
        code="sign_in.locked",
    )


def _record_failure(
    operator: Operator | None, name: str, reason: str | Promise, at: datetime
) -> None:
    """In its own transaction: it stays, whatever becomes of the request. Whoever guesses does not
    choose the language of the trail."""
    with transaction.atomic(), override(settings.LANGUAGE_CODE):
        record(
            events.SIGN_IN_FAILED, actor=None, reason=str(reason), at=at, **_target(operator, name)
        )


def _target(operator: Operator | None, name: str) -> dict[str, Any]:
    if operator is not None:
        return {"target": operator, "branch": operator.branch}
    return {"target_kind": "operators.operator", "target_label": name}
