"""Where a touch on an ad leads: nowhere, an https address on the allow-list, or a known target."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from announcements.ads.choices import LinkKind
from announcements.errors import BadContent
from publishing import links

MOST_CHARACTERS = 500
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?!\d+\Z)(?:{_LABEL})\Z")
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def clean_link(kind: str, target: str, hosts: Iterable[str]) -> tuple[str, str]:
    """Kind and target, tidied. ``hosts``: the bank's allow-list. Raises ``BadContent``."""
    target = (target or "").strip()
    if kind == LinkKind.NONE:
        return kind, ""
    if kind == LinkKind.URL:
        return kind, clean_address(target, hosts)
    known = links.get(kind)
    if known is None:
        raise _refused(_("“%(kind)s” is no kind of link.") % {"kind": kind[:20]}, "link_kind")
    if not target:
        raise _refused(_("Choose where the link leads to: %(kind)s.") % {"kind": known.label})
    if known.find(target) is None:
        raise _refused(
            _(
                "The link leads to something that is not there any more (%(kind)s: %(target)s)."
                " Choose another target."
            )
            % {"kind": known.label, "target": target[:40]}
        )
    return kind, target


def clean_address(raw: str, hosts: Iterable[str]) -> str:
    """An https address on the allow-list, in the one form in which it is stored."""
    if not raw:
        raise _refused(_("Enter the address that the link leads to."))
    if len(raw) > MOST_CHARACTERS:
        raise _refused(
            _("The address is too long: at most %(most)s characters.") % {"most": MOST_CHARACTERS}
        )
    if "\\" in raw or any(not each.isprintable() or each.isspace() for each in raw):
        raise _refused(
            _("The address contains a blank, a backslash or an invisible character. Remove it.")
        )
    if not raw.lower().startswith("https://"):
        raise _refused(_("The address must begin with https://. Links of other kinds are unsafe."))
    return _on_the_list(raw, list(hosts))


def _on_the_list(raw: str, hosts: list[str]) -> str:
    try:
        parts = urlsplit(raw)
        host, port = parts.netloc.lower(), parts.port
    except ValueError:
        raise _refused(_("This is no complete address. Check the part after https://.")) from None
    if "@" in host:
        raise _refused(_("The address must not contain a user name (“@” before the host)."))
    if port not in (None, 443):
        raise _refused(_("The address must not name a port; https uses 443."))
    host = host.removesuffix(":443").removesuffix(":")
    if not _HOST.match(host) or (_is_encoded(host) and host not in hosts):
        raise _refused(
            _(
                "“%(host)s” is no plain host name. Only letters, digits, hyphens and dots are"
                " allowed, so that nobody can imitate the bank's name."
            )
            % {"host": host[:80]}
        )
    if not is_allowed(host, hosts):
        raise _refused(
            _(
                "“%(host)s” is not on the list of hosts that links may lead to. Ask for it in the"
                " placement settings, or link to an app function instead."
            )
            % {"host": host},
            code="host_not_allowed",
        )
    rest = (quote(part, safe=_PRINTABLE) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit(("https", host, *rest))


def _is_encoded(host: str) -> bool:
    """Letters that are not shown as they are written: only where the list names the very host."""
    return any(label.startswith("xn--") for label in host.split("."))


def is_allowed(host: str, hosts: Iterable[str]) -> bool:
    """``bank.example`` is that host alone; ``*.bank.example`` is every host under it only."""
    return any(
        host == entry or (entry.startswith("*.") and host.endswith(entry[1:]))
        for entry in (each.strip().lower() for each in hosts)
    )


def describe_link(kind: str, target: str) -> str:
    """In words; a target that is gone says so."""
    if kind == LinkKind.NONE:
        return str(LinkKind.NONE.label)
    if kind == LinkKind.URL:
        return target
    known = links.get(kind)
    if known is None:
        return f"{kind}: {target}"
    found = known.find(target)
    gone = _("%(target)s (no longer there)") % {"target": target}
    return f"{known.label}: {found.label if found else gone}"


def _refused(sentence: str, field: str = "link_target", code: str = "bad_link") -> BadContent:
    return BadContent(sentence, field=field, code=code)
