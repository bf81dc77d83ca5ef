from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission

from customers.choices import CallerKind
from customers.errors import CustomersOnly, TokenRefused
from customers.tokens import Caller, verify

if TYPE_CHECKING:
    from django.http import HttpRequest
    from rest_framework.request import Request
    from rest_framework.views import APIView


SCHEME = "Bearer"


def caller_of(request: HttpRequest) -> Caller:
    """Who holds the request's token. Raises ``TokenRefused`` (401) or ``WrongBank`` (403)."""
    # Not request.headers: it reads every header there is.
    scheme, _separator, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != SCHEME.lower() or not token.strip():
        raise TokenRefused(_("Please send a token: Authorization: Bearer …"), code="token_missing")
    return verify(token.strip(), request.tenant)  # type: ignore[attr-defined]


def refuse_systems(caller: Caller) -> None:
    """What customers see is not for the servers that report their events."""
    if caller.kind is CallerKind.SYSTEM:
        raise CustomersOnly(_("A system's token does not open customers' pages."))


class CustomerTokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, str]:
        return caller_of(request._request), "token"

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class HasToken(BasePermission):
    """Customers and visitors; each view says more."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not isinstance(request.user, Caller):
            raise NotAuthenticated
        refuse_systems(request.user)
        return True
