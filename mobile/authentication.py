from __future__ import annotations

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission


class CustomerTokenAuthentication(BaseAuthentication): ...


class HasToken(BasePermission): ...
