from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "publishing"
    label = "publishing"
    verbose_name = _("publishing")

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from audit import chains
        from publishing import events, handovers, issuing, kinds  # noqa: F401  (they register)
        from publishing.compliance.seeds import seed_after_migrate
        from publishing.governed.kinds import register_kinds as register_governed

        chains.register(issuing.CHAIN, "publishing.Publication", order=("number",))
        kinds.register_kinds()
        register_governed()
        post_migrate.connect(seed_after_migrate, dispatch_uid="publishing.seed_words")
