from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Platform:
    """Stands where a bank stands when the platform's own console is asked; it has no row."""

    schema_name: str = "public"
    slug: str = ""
    is_platform: ClassVar[bool] = True
    name: ClassVar = _("Fuxiang Platform")
    short_name: ClassVar = _("Platform")

    def get_tenant_type(self) -> str:
        return "public"


PLATFORM = Platform()
