"""What a request is sent to, in the one form in which RFC 9421 signs it."""

from __future__ import annotations

import re
from urllib.parse import quote

from django.conf import settings

_DEFAULT_PORT = ":443" if settings.HTTPS else ":80"
# What a path may hold as it is (RFC 3986); all operations' addresses are of these alone.
_KEPT = "/:@!$&'()*+,;=~"
_PLAIN = re.compile(rf"[A-Za-z0-9._\-{_KEPT}]*")


def authority_of(host: str) -> str:
    """Section 2.2.3: in lower case, without the scheme's own port."""
    return host.lower().removesuffix(_DEFAULT_PORT)


def target_of(path: str) -> str:
    """Percent-encoded again where it must be: the server hands paths over decoded."""
    return path if _PLAIN.fullmatch(path) else quote(path, safe=_KEPT)
