from __future__ import annotations

from campaigns.taking.statements import (
    CHANGE_ACCOUNTS,
    INSERT_ENTRIES,
    INSERT_FIGURES,
    RETURN_COUNTERS,
)

# What giving or taking back one reward changes in the books.
WRITE_BOOKS = f"""
    WITH entry AS ({INSERT_ENTRIES}),
        counter AS ({RETURN_COUNTERS}),
        account AS ({CHANGE_ACCOUNTS}),
        figure AS ({INSERT_FIGURES})
    SELECT 1
"""
