from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "publishing"
    label = "publishing"
    verbose_name = _("publishing")

    def ready(self) -> None:
        from audit import chains
        from publishing import events, handovers, issuing, kinds  # noqa: F401  (they register)
        from publishing.governed.kinds import register_kinds as register_governed

        chains.register(issuing.CHAIN, "publishing.Publication", order=("number",))
        kinds.register_kinds()
        register_governed()
