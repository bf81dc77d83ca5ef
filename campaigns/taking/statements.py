"""The statements by which events are taken: six in a transaction, however many events."""

from __future__ import annotations

from audit import statements as trail
from campaigns.taking.rows import insert, recordset

# The number of the last publication comes with the customers: with it a process knows whether the
# rules that it remembers are the newest.
READ_PEOPLE = """
    SELECT head.number, customer.number, coalesce(branch.path, ''), customer.birth_year,
        customer.groups, customer.tags, customer.opened_on, coalesce(customer.is_trial, false)
    FROM (
        SELECT coalesce((SELECT number FROM {schema}.publishing_editionhead WHERE id = 1), 0)
            AS number
    ) AS head
    LEFT JOIN {schema}.customers_customer AS customer
        ON customer.number = ANY(:numbers::text[])
    LEFT JOIN {schema}.operators_branch AS branch ON branch.id = customer.branch_id
"""
EVENT = {
    "id": "uuid", "event_id": "text", "kind": "text", "customer_number": "text",
    "branch_path": "text", "occurred_at": "timestamptz", "received_at": "timestamptz",
    "amount_cents": "bigint", "scene": "text", "reverses": "uuid", "reversed_cents": "bigint",
    "is_reversed": "boolean", "outcome": "text", "source": "text", "fingerprint": "text",
}  # fmt: skip
INSERT_EVENTS = (
    insert("campaigns_event", "events", EVENT)
    + " ORDER BY given.id ON CONFLICT (id) DO NOTHING RETURNING id"
)
READ_EVENTS = """
    SELECT id, fingerprint, outcome FROM {schema}.campaigns_event WHERE id = ANY(:ids::uuid[])
"""
# Their reversals came first: the place that those held is theirs. A reversal of an event that turns
# out to be another customer's reverses nothing.
ARRIVE = f"""
    UPDATE {{schema}}.campaigns_event AS kept
    SET event_id = given.event_id, kind = given.kind, customer_number = given.customer_number,
        branch_path = given.branch_path, occurred_at = given.occurred_at,
        received_at = given.received_at, amount_cents = given.amount_cents, scene = given.scene,
        outcome = given.outcome, source = given.source, fingerprint = given.fingerprint,
        reversed_cents = CASE WHEN kept.customer_number = given.customer_number
            THEN kept.reversed_cents ELSE 0 END,
        is_reversed = kept.customer_number = given.customer_number AND (kept.is_reversed
            OR kept.reversed_cents > 0 AND kept.reversed_cents >= given.amount_cents)
    FROM {recordset("events", EVENT)}
    WHERE kept.id = given.id AND kept.outcome = 'awaited'
    RETURNING kept.id, kept.reversed_cents, kept.is_reversed
"""  # noqa: S608
SETTLE_WAITING = """
    UPDATE {schema}.campaigns_event AS back
    SET outcome = CASE WHEN back.customer_number = kept.customer_number
        THEN 'reversed' ELSE 'refused' END
    FROM {schema}.campaigns_event AS kept
    WHERE back.reverses = ANY(:ids::uuid[]) AND back.outcome = 'waiting'
        AND kept.id = back.reverses
    RETURNING 1
"""
# Everything of a campaign is counted under the lock of its account.
LOCK_ACCOUNTS = """
    SELECT campaign_id, run_state, live_version, budget_cents, committed_cents, mark
    FROM {schema}.campaigns_campaignaccount WHERE campaign_id = ANY(:ids::bigint[])
    ORDER BY campaign_id FOR NO KEY UPDATE
"""
READ_COUNTERS = """
    SELECT id, used FROM {schema}.campaigns_limitcounter WHERE id = ANY(:ids::uuid[])
"""
PARTICIPATION = {
    "id": "uuid", "campaign_id": "bigint", "terms_version": "int", "event_id": "uuid",
    "customer_number": "text", "branch_path": "text", "state": "text", "refusal": "text",
    "detail": "text", "cost_cents": "bigint", "occurred_at": "timestamptz", "at": "timestamptz",
}  # fmt: skip
EFFECT = {
    "id": "uuid", "participation_id": "uuid", "campaign_id": "bigint", "customer_number": "text",
    "position": "smallint", "kind": "text", "parameters": "jsonb", "cost_cents": "bigint",
    "state": "text", "problem": "text", "attempts": "smallint", "due_at": "timestamptz",
    "made_at": "timestamptz",
}  # fmt: skip
ENTRY = {
    "campaign_id": "bigint", "participation_id": "uuid", "effect_id": "uuid", "kind": "text",
    "cents": "bigint", "branch_path": "text", "at": "timestamptz",
}  # fmt: skip
COUNTER = {
    "id": "uuid", "campaign_id": "bigint", "rule": "text", "period": "date", "subject": "text",
    "used": "bigint",
}  # fmt: skip
FIGURE_NUMBERS = (
    "visits", "participations", "refusals", "reversals", "claims", "redemptions",
    "committed_cents", "redeemed_cents", "province_cents", "bank_cents", "merchant_cents",
)  # fmt: skip
FIGURE = {
    "id": "uuid", "campaign_id": "bigint", "day": "date", "branch_path": "text",
    **dict.fromkeys(FIGURE_NUMBERS, "bigint"),
}  # fmt: skip
STEP = {
    "campaign_id": "bigint", "at": "timestamptz", "what": "text", "reason": "text",
    "actor_name": "text",
}  # fmt: skip
INSERT_FIGURES = (
    insert("campaigns_dayfigure", "figures", FIGURE)
    + " ORDER BY given.id ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = kept.{name} + excluded.{name}" for name in FIGURE_NUMBERS)
)
INSERT_ENTRIES = insert("campaigns_budgetentry", "entries", ENTRY)
ADD_COUNTERS = (
    insert("campaigns_limitcounter", "counters", COUNTER)
    + " ORDER BY given.id ON CONFLICT (id) DO UPDATE SET used = kept.used + excluded.used"
)
RETURN_COUNTERS = f"""
    UPDATE {{schema}}.campaigns_limitcounter AS kept SET used = kept.used - given.used
    FROM {recordset("counters", {"id": "uuid", "used": "bigint"})}
    WHERE kept.id = given.id AND kept.used >= given.used
"""  # noqa: S608
CHANGE_ACCOUNTS = f"""
    UPDATE {{schema}}.campaigns_campaignaccount AS kept
    SET committed_cents = kept.committed_cents + given.cents,
        counted = kept.counted + given.counted, mark = given.mark
    FROM {
    recordset(
        "accounts", {"id": "bigint", "cents": "bigint", "counted": "bigint", "mark": "smallint"}
    )
}
    WHERE kept.campaign_id = given.id
"""  # noqa: S608
SET_OUTCOMES = f"""
    UPDATE {{schema}}.campaigns_event AS kept SET outcome = given.outcome
    FROM {recordset("outcomes", {"id": "uuid", "outcome": "text"})} WHERE kept.id = given.id
"""  # noqa: S608
WRITE = f"""
    WITH part AS ({insert("campaigns_participation", "participations", PARTICIPATION)}),
        effect AS ({insert("campaigns_effect", "effects", EFFECT)}),
        entry AS ({INSERT_ENTRIES}),
        counter AS ({ADD_COUNTERS}),
        figure AS ({INSERT_FIGURES}),
        account AS ({CHANGE_ACCOUNTS}),
        outcome AS ({SET_OUTCOMES}),
        step AS ({insert("campaigns_campaignstep", "steps", STEP)}),
        event AS ({trail.insert_event()}),
        link AS ({trail.LINK})
    SELECT 1
"""
# --- reversals -----------------------------------------------------------------------------------
LOCK_EVENTS = """
    SELECT id, kind, customer_number, branch_path, occurred_at, amount_cents, scene,
        reversed_cents, is_reversed, reverses IS NOT NULL, outcome
    FROM {schema}.campaigns_event WHERE id = ANY(:ids::uuid[])
    ORDER BY id FOR NO KEY UPDATE
"""
READ_PARTICIPATIONS = """
    SELECT id, campaign_id, terms_version, event_id, cost_cents
    FROM {schema}.campaigns_participation
    WHERE event_id = ANY(:ids::uuid[]) AND state = 'counted' ORDER BY id
"""
LOCK_EFFECTS = """
    SELECT id, participation_id, campaign_id, kind, state, cost_cents
    FROM {schema}.campaigns_effect WHERE participation_id = ANY(:ids::uuid[])
    ORDER BY id FOR NO KEY UPDATE
"""
# A reversal whose place was held by one that wanted to reverse it: that one gets nothing.
ARRIVE_BACK = f"""
    UPDATE {{schema}}.campaigns_event AS kept
    SET event_id = given.event_id, kind = given.kind, customer_number = given.customer_number,
        occurred_at = given.occurred_at, received_at = given.received_at,
        amount_cents = given.amount_cents, scene = given.scene, reverses = given.reverses,
        reversed_cents = 0, is_reversed = false, outcome = given.outcome, source = given.source,
        fingerprint = given.fingerprint
    FROM {recordset("events", EVENT)}
    WHERE kept.id = given.id AND kept.outcome = 'awaited'
    RETURNING kept.id
"""  # noqa: S608
REFUSE_WAITING = """
    UPDATE {schema}.campaigns_event SET outcome = 'refused'
    WHERE reverses = ANY(:ids::uuid[]) AND outcome = 'waiting' RETURNING 1
"""
TAKE_BACK = f"""
    WITH original AS (
        UPDATE {{schema}}.campaigns_event AS kept
        SET reversed_cents = given.reversed_cents, is_reversed = given.is_reversed
        FROM {
    recordset("originals", {"id": "uuid", "reversed_cents": "bigint", "is_reversed": "boolean"})
}
        WHERE kept.id = given.id
    ), part AS (
        UPDATE {{schema}}.campaigns_participation SET state = 'reversed', reversed_at = :at
        WHERE id = ANY(:reversed::uuid[]) AND state = 'counted'
    ), effect AS (
        UPDATE {{schema}}.campaigns_effect AS kept SET state = given.state, due_at = given.due_at,
            attempts = 0
        FROM {recordset("effects", {"id": "uuid", "state": "text", "due_at": "timestamptz"})}
        WHERE kept.id = given.id
    ),
        entry AS ({INSERT_ENTRIES}),
        counter AS ({RETURN_COUNTERS}),
        figure AS ({INSERT_FIGURES}),
        account AS ({CHANGE_ACCOUNTS}),
        event AS ({trail.insert_event()}),
        link AS ({trail.LINK})
    SELECT 1
"""  # noqa: S608
