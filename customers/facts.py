"""What is known of a customer when content is chosen for them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """The default: nothing known (a visitor, or a customer whom the bank has not imported)."""

    # Path of the home branch; empty = of no branch.
    branch_path: str = ""
    birth_year: int | None = None
    groups: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    # Staff on the trial list see publications before the others.
    is_trial: bool = False


NOBODY = Facts()
