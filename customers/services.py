"""The verbs of the customers' room."""

from __future__ import annotations

from customers.importing import Imported, import_customers
from customers.trial_list import TrialChange, add_to_trial_list, remove_from_trial_list

__all__ = [
    "Imported",
    "TrialChange",
    "add_to_trial_list",
    "import_customers",
    "remove_from_trial_list",
]
