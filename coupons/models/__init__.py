from __future__ import annotations

from coupons.models.counter import LookupGuard
from coupons.models.grants import Grant, GrantRecipient
from coupons.models.ledger import Answer, CouponNotice, LedgerEntry, LimitCounter
from coupons.models.reconciliation import DayTotal, Reconciliation, SettlementFile
from coupons.models.stock import Batch, ColumnMapping, Coupon
from coupons.models.templates import CouponTemplate, TemplateAccount, TemplateTerms

__all__ = [
    "Answer", "Batch", "ColumnMapping", "Coupon", "CouponNotice", "CouponTemplate", "DayTotal",
    "Grant", "GrantRecipient", "LedgerEntry", "LimitCounter", "LookupGuard", "Reconciliation",
    "SettlementFile", "TemplateAccount", "TemplateTerms",
]  # fmt: skip
