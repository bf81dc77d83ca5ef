from __future__ import annotations

from django.db.models import QuerySet

from operators.models import Branch


class CustomerQuerySet(QuerySet):
    def under(self, branch_path: str) -> CustomerQuerySet:
        """Customers of a branch and all below it; empty = the whole bank, branchless included."""
        if branch_path == "":
            return self
        # By the few ids of the subtree: ranges of the index, not a join of a million rows.
        branches = Branch.objects.filter(path__startswith=branch_path)
        return self.filter(branch_id__in=list(branches.values_list("id", flat=True)))

    def after(self, number: str) -> CustomerQuerySet:
        """The next ones in order of their numbers, for lists that are paged by key."""
        return self.filter(number__gt=number).order_by("number")

    def for_changelist(self) -> CustomerQuerySet:
        return self.select_related("branch")
