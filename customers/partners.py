"""How the console names the partners to whom customers consent; who knows their names says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

Naming = Callable[[Collection[str]], Mapping[str, str]]
_namings: list[Naming] = []


def register_partner_names(naming: Naming) -> None:
    """``naming`` gives the names of those client ids that it knows. In a bank's schema."""
    if naming not in _namings:
        _namings.append(naming)


def partner_names(app_ids: Collection[str]) -> dict[str, str]:
    return {app_id: name for naming in _namings for app_id, name in naming(app_ids).items()}
