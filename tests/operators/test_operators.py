from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from operators import leavers, services
from operators.errors import (
    ColleagueNeeded,
    InvalidOperator,
    LastAdministrator,
    NotAllowed,
    NotYourself,
    OperatorError,
    UnknownOperator,
    WrongState,
)
from operators.models import Operator
from tests.operators.people import PASSWORD, fresh, make_branch, make_operator
from tests.operators.racing import race

Submitted = list[dict[str, Any]]


def last_event() -> AuditEvent:
    return AuditEvent.objects.order_by("-at").first()  # type: ignore[return-value]


def names(operator: Operator) -> list[str]:
    return services.role_names(operator)


# --- a new person ---------------------------------------------------------------------------------


def test_a_new_operator_gets_a_link_and_no_role_before_the_second_person(
    ada: Operator, submitted: Submitted
) -> None:
    head = make_branch("001")

    made = services.create_operator(
        actor=ada, username="Liu.Yang", name="刘洋", roles=["maker"], staff_number="8812",
        phone="13812341234", branch_id=head.pk, note="joins today",
    )  # fmt: skip

    liu = Operator.objects.get(username="liu.yang")
    assert made.link.address.startswith("http://alpha.localhost:8000/admin/password/")
    assert not liu.has_usable_password()
    assert names(liu) == []
    assert liu.name_key == "liu yang"
    assert submitted == [{"actor": ada, "operator": liu, "roles": ["maker"], "note": "joins today"}]
    created = AuditEvent.objects.get(event="operators.created")
    assert created.actor_username == "ada"
    assert created.after["phone"] == "*******1234"


@pytest.mark.parametrize(
    ("fields", "part"),
    [
        ({"username": "mia"}, ""),
        ({"username": "MIA "}, ""),
        ({"username": "two words"}, ""),
        ({"username": "张三"}, ""),
        ({"username": ""}, ""),
        ({"name": ""}, ""),
        ({"name": "x" * 61}, ""),
        ({"roles": []}, ""),
        ({"roles": ["superuser"]}, "superuser"),
        ({"roles": ["operator"]}, "operator"),
        ({"roles": ["branch"]}, ""),
        ({"branch_id": 987654}, ""),
    ],
)
def test_a_new_operator_that_makes_no_sense_is_refused_whole(
    ada: Operator, mia: Operator, submitted: Submitted, fields: dict[str, Any], part: str
) -> None:
    given = {"username": "liu", "name": "Liu", "roles": ["maker"], **fields}

    with pytest.raises(InvalidOperator) as refused:
        services.create_operator(actor=ada, **given)

    assert str(refused.value)
    assert part in str(refused.value)
    assert submitted == []
    assert Operator.objects.count() == 2
    assert not AuditEvent.objects.filter(event="operators.created").exists()


def test_branch_staff_have_a_branch_and_no_other_role(ada: Operator, submitted: Submitted) -> None:
    head = make_branch("001")
    given = {"actor": ada, "username": "bea", "name": "Bea", "branch_id": head.pk}
    with pytest.raises(InvalidOperator):
        services.create_operator(**given, roles=["branch", "maker"])

    services.create_operator(**given, roles=["branch"])

    assert submitted[0]["roles"] == ["branch"]


# --- nobody may who may not -----------------------------------------------------------------------

VERBS: dict[str, dict[str, Any]] = {
    "change_operator": {"name": "X"},
    "disable_operator": {},
    "enable_operator": {},
    "transfer_operator": {"branch_id": None},
    "unlock_operator": {},
    "issue_password_link": {},
    "reset_second_factor": {},
    "request_role_change": {"roles": ["viewer"]},
    "apply_role_change": {"roles": ["viewer"]},
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", ["maker", "viewer", "branch"])
def test_other_roles_administer_nobody(
    mia: Operator, submitted: Submitted, verb: str, role: str
) -> None:
    actor = make_operator("eve", role, branch=make_branch("001"))

    with pytest.raises(NotAllowed):
        getattr(services, verb)(actor=actor, operator_id=mia.pk, **VERBS[verb])

    assert (names(mia), fresh(mia).is_active, submitted) == (["maker"], True, [])


@pytest.mark.parametrize("verb", VERBS)
def test_nobody_does_it_to_themself(
    ada: Operator, bo: Operator, submitted: Submitted, verb: str
) -> None:
    with pytest.raises(NotYourself):
        getattr(services, verb)(actor=ada, operator_id=ada.pk, **VERBS[verb])

    assert (names(ada), fresh(ada).is_active, submitted) == (["administrator"], True, [])


@pytest.mark.parametrize("verb", VERBS)
def test_who_is_not_there_is_said_to_be_unknown(
    ada: Operator, submitted: Submitted, verb: str
) -> None:
    with pytest.raises(UnknownOperator):
        getattr(services, verb)(actor=ada, operator_id=987654, **VERBS[verb])


# --- leaving and coming back ----------------------------------------------------------------------


@pytest.fixture
def handed_over() -> Any:
    calls: list[dict[str, Any]] = []

    @leavers.register("tests.drafts")
    def hand_over(**people: Any) -> int:
        if people["colleague"] is None:
            raise ColleagueNeeded("Name a colleague.")
        calls.append(people)
        return 3

    yield calls
    leavers._handovers.pop("tests.drafts")


def test_a_leavers_drafts_go_to_the_named_colleague(
    ada: Operator, bo: Operator, mia: Operator, handed_over: list[dict[str, Any]]
) -> None:
    moved = services.disable_operator(
        actor=ada, operator_id=mia.pk, colleague_id=bo.pk, reason="left the bank"
    )

    assert moved == {"tests.drafts": 3}
    assert handed_over == [{"actor": ada, "leaver": mia, "colleague": bo}]
    assert not fresh(mia).is_active
    event = last_event()
    assert (event.event, event.reason) == ("operators.disabled", "left the bank")
    assert event.after == {"colleague": "bo", "moved": {"tests.drafts": 3}}


def test_without_a_colleague_nothing_happens_when_one_is_needed(
    ada: Operator, mia: Operator, handed_over: list[dict[str, Any]]
) -> None:
    with pytest.raises(ColleagueNeeded):
        services.disable_operator(actor=ada, operator_id=mia.pk)
    assert fresh(mia).is_active

    gone = make_operator("gone", "maker", is_active=False)
    for useless in (gone.pk, mia.pk, 987654):
        with pytest.raises(InvalidOperator):
            services.disable_operator(actor=ada, operator_id=mia.pk, colleague_id=useless)
    assert handed_over == []


def test_whoever_comes_back_chooses_a_new_password(ada: Operator, mia: Operator) -> None:
    with pytest.raises(WrongState):
        services.enable_operator(actor=ada, operator_id=mia.pk)
    services.disable_operator(actor=ada, operator_id=mia.pk)
    with pytest.raises(WrongState):
        services.disable_operator(actor=ada, operator_id=mia.pk)

    services.enable_operator(actor=ada, operator_id=mia.pk)

    assert fresh(mia).is_active
    assert fresh(mia).must_renew_password(timezone.now())


def test_the_last_administrator_stays(ada: Operator, bo: Operator, submitted: Submitted) -> None:
    chen = make_operator("chen", "checker")
    services.disable_operator(actor=ada, operator_id=bo.pk)

    with pytest.raises(LastAdministrator):
        services.apply_role_change(actor=chen, operator_id=ada.pk, roles=["viewer"])

    services.enable_operator(actor=ada, operator_id=bo.pk)
    with pytest.raises(NotYourself):
        services.disable_operator(actor=ada, operator_id=ada.pk)
    services.disable_operator(actor=fresh(bo), operator_id=ada.pk)
    with pytest.raises(NotYourself):
        services.disable_operator(actor=fresh(bo), operator_id=bo.pk)


def test_administrators_who_disable_each_other_at_once_leave_one(racing_bank: Any) -> None:
    with tenant_context(racing_bank):
        people = [make_operator(f"admin{number}", "administrator") for number in range(8)]
    pairs = [(a, b) for a in people for b in people if a.pk != b.pk]

    def disable(actor: Operator, other: Operator) -> Any:
        return services.disable_operator(actor=fresh(actor), operator_id=other.pk)

    race(racing_bank, [partial(disable, *pair) for pair in pairs], lanes=14)

    with tenant_context(racing_bank):
        assert Operator.objects.enabled().with_role("administrator").count() == 1
    connection.set_schema_to_public()


# --- branch, lock, details ------------------------------------------------------------------------


def test_a_transfer_changes_the_branch_and_says_from_where(ada: Operator) -> None:
    head = make_branch("001")
    north = make_branch("101", head)
    bea = make_operator("bea", "branch", branch=head)

    services.transfer_operator(actor=ada, operator_id=bea.pk, branch_id=north.pk, reason="moves")

    assert fresh(bea).branch == north
    assert (last_event().before, last_event().after) == ({"branch": "001"}, {"branch": "101"})
    with pytest.raises(InvalidOperator):
        services.transfer_operator(actor=ada, operator_id=bea.pk, branch_id=None)
    with pytest.raises(WrongState):
        services.transfer_operator(actor=ada, operator_id=bea.pk, branch_id=north.pk)


def test_unlocking_opens_at_once(ada: Operator, mia: Operator) -> None:
    from operators.errors import SignInRefused
    from operators.sign_in.attempts import attempt_sign_in

    for _number in range(5):
        with pytest.raises(SignInRefused):
            attempt_sign_in(username="mia", password="Wrong-horse-7")

    services.unlock_operator(actor=ada, operator_id=mia.pk)

    assert attempt_sign_in(username="mia", password=PASSWORD) == mia
    with pytest.raises(WrongState):
        services.unlock_operator(actor=ada, operator_id=mia.pk)


def test_details_change_with_before_and_after(ada: Operator, mia: Operator) -> None:
    services.change_operator(actor=ada, operator_id=mia.pk, name="张敏", staff_number="77")

    assert (fresh(mia).name, fresh(mia).name_key) == ("张敏", "zhang min")
    assert last_event().before["name"] == "Mia"
    assert last_event().after["name"] == "张敏"


# --- roles ----------------------------------------------------------------------------------------


def test_a_role_change_is_only_submitted(
    ada: Operator, mia: Operator, submitted: Submitted
) -> None:
    services.request_role_change(actor=ada, operator_id=mia.pk, roles=["checker"], note="promoted")

    assert names(mia) == ["maker"]
    assert submitted[0]["roles"] == ["checker"]


def test_a_role_change_that_changes_nothing_is_refused(
    ada: Operator, mia: Operator, submitted: Submitted
) -> None:
    with pytest.raises(WrongState):
        services.request_role_change(actor=ada, operator_id=mia.pk, roles=["maker"])
    assert submitted == []


def test_the_second_person_puts_it_into_force(ada: Operator, mia: Operator) -> None:
    chen = make_operator("chen", "checker")

    services.apply_role_change(actor=chen, operator_id=mia.pk, roles=["viewer", "checker"])

    assert names(mia) == ["checker", "viewer"]
    event = last_event()
    assert (event.event, event.actor_username) == ("operators.roles_changed", "chen")
    assert (event.before, event.after) == ({"roles": ["maker"]}, {"roles": ["checker", "viewer"]})
    assert services.role_state(mia.pk)["roles"] == ["checker", "viewer"]


def test_without_a_review_room_no_role_changes(ada: Operator, mia: Operator) -> None:
    from operators import role_changes

    before = list(role_changes._submitters)
    role_changes._submitters.clear()
    try:
        with pytest.raises(OperatorError):
            services.request_role_change(actor=ada, operator_id=mia.pk, roles=["checker"])
    finally:
        role_changes._submitters[:] = before
    assert names(mia) == ["maker"]


def test_through_the_review_room_proposer_and_gainer_cannot_approve(
    ada: Operator, mia: Operator
) -> None:
    from approvals.services import approve_request
    from audit.errors import DomainError

    chen = make_operator("chen", "checker")
    made = services.create_operator(actor=ada, username="liu", name="Liu", roles=["checker"])
    for refused in (ada, mia, fresh(made.operator)):
        with pytest.raises(DomainError):
            approve_request(actor=refused, request_id=made.request.pk)
    assert names(made.operator) == []

    approve_request(actor=chen, request_id=made.request.pk)

    assert names(made.operator) == ["checker"]


def test_on_the_platform_a_compliance_reviewer_or_another_administrator_approves(db: None) -> None:
    from approvals.services import approve_request

    connection.set_schema_to_public()
    root = make_operator("root", "administrator")
    second = make_operator("second", "administrator")
    rita = make_operator("rita", "compliance_reviewer")
    for username, approver in (("one", second), ("two", rita)):
        made = services.create_operator(
            actor=root, username=username, name=username, roles=["auditor"]
        )
        assert made.link.address.startswith("http://console.localhost:8000/admin/password/")
        approve_request(actor=approver, request_id=made.request.pk)
        assert names(made.operator) == ["auditor"]
