"""Sessions that answer a step-up of the identity service: the person's sign-in PIN, verified."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import UNSET

from openapi_gateway import errors as common
from openapi_gateway.base_services.identity.choices import StepUpMethod
from openapi_gateway.base_services.identity.stepups import open_step_up, settle_step_up
from openapi_gateway.base_services.identity.subjects import customer_of
from openapi_gateway.base_services.keyboard import errors
from openapi_gateway.base_services.keyboard.choices import Purpose
from openapi_gateway.errors import GatewayRefused

if TYPE_CHECKING:
    from openapi_gateway.base_services.identity.models import StepUp
    from openapi_gateway.base_services.keyboard.messages import Begin
    from openapi_gateway.base_services.keyboard.models import PinSession
    from openapi_gateway.credentials.records import ClientRecord


def challenge_of(
    client: ClientRecord, environment: str, body: Begin, at: datetime
) -> StepUp | None:
    """What the session shall settle. Also refuses an openid that is not one of the client's."""
    if not body.challenge_id:
        if body.openid and customer_of(body.openid, client) is None:
            raise GatewayRefused(common.NOT_FOUND)
        return None
    found = open_step_up(body.challenge_id, client, environment, StepUpMethod.KEYBOARD, at)
    if body.purpose == Purpose.SET:
        raise GatewayRefused(errors.PURPOSE)
    if body.account_ref is not UNSET or body.openid not in ("", found.openid):
        raise GatewayRefused(errors.ACCOUNT)
    return found


def settle(session: PinSession, *, passed: bool, at: datetime) -> None:
    """A wrong PIN leaves the step-up open, unless no attempt is left."""
    if session.challenge_id is not None:
        settle_step_up(session.challenge_id, passed, at)
