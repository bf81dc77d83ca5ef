"""What the admin pages of every room are made of; rooms import from here, never from Unfold."""

from __future__ import annotations

from operators.admin_base.actions import DialogForm, ReasonForm, action
from operators.admin_base.badges import badge, display
from operators.admin_base.composites import TemplateWidget, TidyField
from operators.admin_base.filters import DateRangeFilter, KindFilter, ScopedRelatedFilter
from operators.admin_base.model_admin import ModelAdmin, StackedInline, TabularInline
from operators.admin_base.moments import MomentWidget
from operators.admin_base.tabs import Tab
from operators.admin_base.undo import success_with_undo

__all__ = [
    "DateRangeFilter",
    "DialogForm",
    "KindFilter",
    "ModelAdmin",
    "MomentWidget",
    "ReasonForm",
    "ScopedRelatedFilter",
    "StackedInline",
    "Tab",
    "TabularInline",
    "TemplateWidget",
    "TidyField",
    "action",
    "badge",
    "display",
    "success_with_undo",
]
