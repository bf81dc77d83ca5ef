from __future__ import annotations

from tests.architecture.calls import Function, functions, reach, writes

RECORDS = {
    "audit.services.record",
    "audit.services.append_row",
    "audit.statements.parameters",
}

# Services that write and leave no event of their own, each with the reason.
EXCUSED = {
    "announcements.services.record_read": "a customer's receipt is its own record",
    "audit.services.link_row": "part of recording itself",
    "coupons.reconciliation.services.preliminary": "all that it writes is taken back",
    "openapi_gateway.outbox.services.announce": "tells partners of what a service has recorded",
    "operators.sign_in.second_factor.begin_enrolment": "counts for nothing until it is confirmed",
    "publishing.services.compile_edition": "recomputes what publications already say",
    "tenants.services.announce_change": "a counter that says where to look, no fact of its own",
}


def services() -> list[str]:
    """Public functions of every ``services`` module, and every other one that acts for somebody."""
    return [
        name
        for name, node in functions().items()
        if not name.rpartition(".")[2].startswith("_")
        and ("services" in name.split(".")[:-1] or _acts_for_somebody(node))
    ]


def _acts_for_somebody(node: Function) -> bool:
    return "actor" in {argument.arg for argument in node.args.kwonlyargs}


def unaudited() -> set[str]:
    return {name for name in services() if writes(name) and not RECORDS & reach(name)}


def test_every_service_that_writes_records_an_audit_event() -> None:
    assert unaudited() - set(EXCUSED) == set()


def test_no_excuse_outlives_its_service() -> None:
    assert set(EXCUSED) - unaudited() == set()


def test_the_walk_sees_the_services_and_their_writes() -> None:
    """It would be true of an empty list as well."""
    assert len(services()) >= 20
    assert writes("announcements.services.create_draft")
    assert not writes("publishing.services.live_at")
