from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from approvals.models import Request


def preview_address(request: Request) -> str:
    return f"{reverse('preview-desk')}?request={request.pk}"


class MobileConfig(AppConfig):
    name = "mobile"
    label = "mobile"
    verbose_name = _("channel API")

    def ready(self) -> None:
        from customers.changes import register_listener
        from mobile.api import schema  # noqa: F401  (tells the OpenAPI document of the token)
        from mobile.seen import tell_all
        from publishing import registry

        register_listener(tell_all)

        registry.register_preview(preview_address)
