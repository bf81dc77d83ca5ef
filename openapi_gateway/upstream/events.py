from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit.events import register

VENDOR_SAVED = register("gateway_upstream.vendor_saved", _("vendor saved"))
SECRET_SET = register("gateway_upstream.secret_set", _("secret shared with a vendor set"))
CODE_SAVED = register("gateway_upstream.code_saved", _("translation of a vendor's code saved"))
BREAKER_FORCED = register("gateway_upstream.breaker_forced", _("circuit breaker forced"))
BREAKER_RELEASED = register(
    "gateway_upstream.breaker_released", _("circuit breaker given back to itself")
)
