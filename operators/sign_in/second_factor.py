"""The second factor: codes of an authenticator app, and recovery codes for a lost phone."""

from __future__ import annotations

import math
import secrets
from base64 import b32encode
from datetime import datetime

import segno
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken

from audit.services import record
from operators import events, totp_keys
from operators.errors import SecondFactorRefused, WrongState
from operators.models import Operator, SecondFactorDevice
from operators.roles import TWO_FACTOR_ROLES, is_platform
from operators.sign_in.attempts import confirm_password

RECOVERY_CODES = 10
SECRET_BYTES = 20


def is_enrolled(operator: Operator) -> bool:
    return SecondFactorDevice.objects.filter(user=operator, confirmed=True).exists()


def is_required(operator: Operator) -> bool:
    return (
        settings.TWO_FACTOR_REQUIRED
        and is_platform(operator.schema_name)
        and operator.groups.filter(name__in=TWO_FACTOR_ROLES).exists()
    )


def begin_enrolment(*, actor: Operator) -> SecondFactorDevice:
    """The device to be confirmed; asking again gives the same: a reload keeps the picture."""
    with transaction.atomic():
        Operator.objects.select_for_update().get(pk=actor.pk)
        if is_enrolled(actor):
            raise WrongState(_("A second factor is set up already."))
        waiting = SecondFactorDevice.objects.filter(user=actor, confirmed=False).first()
        secret = totp_keys.seal(secrets.token_bytes(SECRET_BYTES), actor.pk)
        return waiting or SecondFactorDevice.objects.create(
            user=actor, confirmed=False, name="totp", key=secret
        )


def secret_text(device: SecondFactorDevice) -> str:
    """The secret as it is typed into an app, in groups of four."""
    text = b32encode(device.bin_key).decode()
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture(device: SecondFactorDevice) -> str:
    """The QR code as SVG, to stand in the page: nothing is fetched, nothing is stored."""
    code = segno.make(device.config_url, error="m")
    return code.svg_inline(scale=5, border=2, omitsize=False, svgclass="second-factor-qr")


def confirm_enrolment(
    *, actor: Operator, code: str, at: datetime | None = None
) -> tuple[SecondFactorDevice, list[str]]:
    """Makes the waiting device the person's second factor; gives the recovery codes, once."""
    at = at or timezone.now()
    with transaction.atomic():
        operator = Operator.objects.select_for_update().get(pk=actor.pk)
        if is_enrolled(operator):
            raise WrongState(_("A second factor is set up already."))
        device = SecondFactorDevice.objects.filter(user=operator, confirmed=False).first()
        accepted = device is not None and device.verify_token(_clean(code))
        if device is not None and accepted:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = _new_recovery_codes(operator)
            _end_other_sessions(operator)
            record(events.SECOND_FACTOR_ENROLLED, actor=operator, target=operator, at=at)
    if device is None or not accepted:
        raise _wrong_code(device)
    return device, codes


def verify(*, actor: Operator, code: str, at: datetime | None = None) -> Device:
    """The device that accepts the code. A code is good once; guessing gets slower and slower."""
    at = at or timezone.now()
    code = _clean(code)
    with transaction.atomic():
        device = _device_for(actor, code)
        accepted = device is not None and device.verify_token(_stored(device, code))
        event = events.SECOND_FACTOR_PASSED if accepted else events.SECOND_FACTOR_FAILED
        record(event, actor=actor, target=actor, at=at)
    if device is None or not accepted:
        raise _wrong_code(device)
    return device


def remove(*, actor: Operator, password: str, at: datetime | None = None) -> Operator:
    at = at or timezone.now()
    if is_required(actor):
        raise SecondFactorRefused(_("Your role signs in with two factors; it cannot be removed."))
    confirm_password(actor=actor, password=password, at=at)
    with transaction.atomic():
        operator = Operator.objects.select_for_update().get(pk=actor.pk)
        discard(operator)
        record(events.SECOND_FACTOR_REMOVED, actor=operator, target=operator, at=at)
    return operator


def renew_recovery_codes(
    *, actor: Operator, password: str, at: datetime | None = None
) -> list[str]:
    """New codes; the former ones stop working."""
    at = at or timezone.now()
    confirm_password(actor=actor, password=password, at=at)
    with transaction.atomic():
        operator = Operator.objects.select_for_update().get(pk=actor.pk)
        if not is_enrolled(operator):
            raise WrongState(_("No second factor is set up."))
        codes = _new_recovery_codes(operator)
        record(events.RECOVERY_CODES_RENEWED, actor=operator, target=operator, at=at)
    return codes


def discard(operator: Operator) -> None:
    """Device and recovery codes, of a locked row; inside a service's transaction."""
    removed, _rows = SecondFactorDevice.objects.filter(user=operator).delete()
    StaticDevice.objects.filter(user=operator).delete()
    if not removed:
        raise WrongState(_("No second factor is set up."))
    _end_other_sessions(operator)


def recovery_codes_left(operator: Operator) -> int:
    return StaticToken.objects.filter(device__user=operator).count()


def _end_other_sessions(operator: Operator) -> None:
    operator.session_version = F("session_version") + 1  # type: ignore[assignment]
    operator.save(update_fields=["session_version"])
    operator.refresh_from_db(fields=["session_version"])


def _new_recovery_codes(operator: Operator) -> list[str]:
    StaticDevice.objects.filter(user=operator).delete()
    device = StaticDevice.objects.create(user=operator, name="recovery")
    codes = [StaticToken.random_token() for _number in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_recovery_digest(device, code)) for code in codes
    )
    return codes


def _device_for(operator: Operator, code: str) -> SecondFactorDevice | StaticDevice | None:
    """Locked: a code that two requests bring at once counts for one of them."""
    kind = SecondFactorDevice if code.isdigit() else StaticDevice
    devices = kind.objects.filter(user=operator, confirmed=True)  # type: ignore[attr-defined]
    return devices.select_for_update().first()


def _stored(device: SecondFactorDevice | StaticDevice, code: str) -> str:
    return _recovery_digest(device, code) if isinstance(device, StaticDevice) else code


def _recovery_digest(device: StaticDevice, code: str) -> str:
    """What is kept of a recovery code: the table has room for 16 characters."""
    return salted_hmac(f"operators.recovery.{device.pk}", code, algorithm="sha256").hexdigest()[:16]


def _clean(code: str) -> str:
    return "".join(code.split()).replace("-", "").lower()


def _wrong_code(device: SecondFactorDevice | StaticDevice | None) -> SecondFactorRefused:
    allowed, details = (True, None) if device is None else device.verify_is_allowed()
    if allowed or not details:
        return SecondFactorRefused(_("This code is not right, or has been used."))
    wait = (details["locked_until"] - timezone.now()).total_seconds()
    return SecondFactorRefused(
        _("This code is not right. Try again in %(seconds)d seconds.")
        % {"seconds": max(1, math.ceil(wait))}
    )
