from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

CLIENT_REGISTERED = "gateway.client_registered"
CLIENT_EDITED = "gateway.client_edited"
CLIENT_CLOSED = "gateway.client_closed"
SECRET_MADE = "gateway.secret_made"  # noqa: S105  (the name of an event)
KEY_UPLOADED = "gateway.key_uploaded"
CHALLENGE_RENEWED = "gateway.key_challenge_renewed"
KEY_PROVEN = "gateway.key_proven"
KEY_REVOKED = "gateway.key_revoked"
KEY_ADDRESSES_CHANGED = "gateway.key_addresses_changed"
KEY_ENDED = "gateway.key_ended"
KEY_REMINDED = "gateway.key_reminded"
PLATFORM_KEY_ANNOUNCED = "gateway.platform_key_announced"
PLATFORM_KEY_SHARE_RAISED = "gateway.platform_key_share_raised"
PLATFORM_KEY_ABORTED = "gateway.platform_key_aborted"
PLATFORM_KEY_TOOK_OVER = "gateway.platform_key_took_over"
PLATFORM_KEY_RETIRED = "gateway.platform_key_retired"

_LABELS = {
    CLIENT_REGISTERED: _("gateway client registered"),
    CLIENT_EDITED: _("gateway client edited"),
    CLIENT_CLOSED: _("gateway client closed"),
    SECRET_MADE: _("gateway secret made"),
    KEY_UPLOADED: _("public key uploaded"),
    CHALLENGE_RENEWED: _("new challenge for a public key"),
    KEY_PROVEN: _("possession of a key proven"),
    KEY_REVOKED: _("gateway key revoked"),
    KEY_ADDRESSES_CHANGED: _("addresses of a gateway key changed"),
    KEY_ENDED: _("gateway key ended"),
    KEY_REMINDED: _("partner reminded of a key's end"),
    PLATFORM_KEY_ANNOUNCED: _("platform key announced"),
    PLATFORM_KEY_SHARE_RAISED: _("share of a platform key raised"),
    PLATFORM_KEY_ABORTED: _("change of the platform key aborted"),
    PLATFORM_KEY_TOOK_OVER: _("platform key took over"),
    PLATFORM_KEY_RETIRED: _("platform key retired"),
}


def register() -> None:
    for name, label in _LABELS.items():
        events.register(name, label)
