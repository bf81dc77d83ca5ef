from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from audit import events

TEMPLATE_CREATED = "coupons.template_created"
TEMPLATE_EDITED = "coupons.template_edited"
TEMPLATE_COPIED = "coupons.template_copied"
TEMPLATE_DELETED = "coupons.template_deleted"
BATCH_BEGUN = "coupons.batch_begun"
BATCH_LOADED = "coupons.batch_loaded"
BATCH_FAILED = "coupons.batch_failed"
BATCH_APPROVED = "coupons.batch_approved"
BATCH_DISCARDED = "coupons.batch_discarded"
BATCH_FROZEN = "coupons.batch_frozen"
BATCH_UNFROZEN = "coupons.batch_unfrozen"
BATCH_RECALLED = "coupons.batch_recalled"
RECALL_FINISHED = "coupons.recall_finished"
CLAIMED = "coupons.claimed"
LOCKED = "coupons.locked"
RELEASED = "coupons.released"
REDEEMED = "coupons.redeemed"
REVERSED = "coupons.reversed"
VOIDED = "coupons.voided"
COUPON_FROZEN = "coupons.coupon_frozen"
COUPON_UNFROZEN = "coupons.coupon_unfrozen"
REVEALED = "coupons.code_revealed"
EXPORTED = "coupons.exported"
GRANT_CREATED = "coupons.grant_created"
GRANT_EDITED = "coupons.grant_edited"
GRANT_DISCARDED = "coupons.grant_discarded"
GRANT_APPROVED = "coupons.grant_approved"
GRANT_FINISHED = "coupons.grant_finished"
EXPIRED = "coupons.expired"
RECONCILED = "coupons.reconciled"
RECONCILIATION_BROKEN = "coupons.reconciliation_broken"
SETTLEMENT_DOWNLOADED = "coupons.settlement_downloaded"
LOOKUPS_PAUSED = "coupons.lookups_paused"
CUSTOMER_LOOKED_UP = "coupons.customer_looked_up"
COUNTER_EXPORTED = "coupons.counter_exported"

_LABELS = {
    TEMPLATE_CREATED: _("coupon template drafted"),
    TEMPLATE_EDITED: _("coupon template edited"),
    TEMPLATE_COPIED: _("coupon template copied"),
    TEMPLATE_DELETED: _("draft of a coupon template deleted"),
    BATCH_BEGUN: _("coupon batch begun"),
    BATCH_LOADED: _("coupon batch loaded"),
    BATCH_FAILED: _("coupon batch failed"),
    BATCH_APPROVED: _("coupon batch approved"),
    BATCH_DISCARDED: _("coupon batch discarded"),
    BATCH_FROZEN: _("coupon batch frozen"),
    BATCH_UNFROZEN: _("coupon batch unfrozen"),
    BATCH_RECALLED: _("coupon batch recalled"),
    RECALL_FINISHED: _("recall of a coupon batch finished"),
    CLAIMED: _("coupon claimed"),
    LOCKED: _("coupon locked for a payment"),
    RELEASED: _("lock of a coupon released"),
    REDEEMED: _("coupon redeemed"),
    REVERSED: _("redemption reversed"),
    VOIDED: _("coupon voided"),
    COUPON_FROZEN: _("coupon frozen"),
    COUPON_UNFROZEN: _("coupon unfrozen"),
    REVEALED: _("coupon code revealed"),
    EXPORTED: _("coupons exported"),
    GRANT_CREATED: _("coupon grant drafted"),
    GRANT_EDITED: _("coupon grant edited"),
    GRANT_DISCARDED: _("draft of a coupon grant discarded"),
    GRANT_APPROVED: _("coupon grant approved"),
    GRANT_FINISHED: _("coupon grant finished"),
    EXPIRED: _("expired coupons closed"),
    RECONCILED: _("coupons reconciled"),
    RECONCILIATION_BROKEN: _("coupon reconciliation broken"),
    SETTLEMENT_DOWNLOADED: _("settlement file downloaded"),
    LOOKUPS_PAUSED: _("look-ups of coupons paused after too many misses"),
    CUSTOMER_LOOKED_UP: _("customer's coupons looked up at the counter"),
    COUNTER_EXPORTED: _("redemptions at the counter exported"),
}


def register() -> None:
    for name, label in _LABELS.items():
        events.register(name, label)
