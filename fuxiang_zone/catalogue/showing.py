"""Applications and types as the consoles' pages show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuxiang_zone.catalogue.choices import ApplicationState
from tenants.platform import PLATFORM

if TYPE_CHECKING:
    from fuxiang_zone.catalogue.models import ActivationApplication, ApplicationStep

STATE_COLOURS = {
    ApplicationState.DRAFT: "", ApplicationState.SUBMITTED: "info",
    ApplicationState.RETURNED: "warning", ApplicationState.APPROVED: "success",
    ApplicationState.REJECTED: "danger", ApplicationState.WITHDRAWN: "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    row: ApplicationStep
    label: str
    colour: str
    is_platform: bool


def shown_steps(application: ActivationApplication) -> list[Step]:
    """The latest first."""
    return [
        Step(
            row, str(ApplicationState(row.state).label), STATE_COLOURS[ApplicationState(row.state)],
            row.person_schema == PLATFORM.schema_name,
        )
        for row in application.steps.order_by("-id")
    ]  # fmt: skip
