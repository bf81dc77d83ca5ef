from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from approvals.errors import AlreadyInReview
from approvals.services import send_back_request
from publishing import locks
from publishing import services as publishing
from publishing.choices import Standing
from publishing.errors import ReasonRequired
from publishing.governed import reading, services
from publishing.governed.errors import (
    MustFill,
    NothingWaits,
)
from publishing.models import BankSettings, TemplateAnswer
from tests.publishing.governed import NAME, BankStaff, Province, rule

BLUE = {"colour": rule("default", "blue")}


def holds() -> Any:
    return reading.effective_values(NAME)["colour"]


# --- a newer template -----------------------------------------------------------------------------
def test_a_bank_with_values_of_its_own_stays_with_what_it_has_accepted(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE, motto=rule("free", "all"))
    staff.publish(motto="ours")

    province.publish(colour=rule("default", "green"), motto=rule("free", "all"))

    assert holds() == "blue"
    assert reading.standing(NAME) == reading.StandingOf(Standing.WAITS, 1, 2)
    [found] = reading.differences(NAME)
    assert (found.key, found.old, found.new, found.now, found.after, found.at_once) == (
        "colour", "blue", "green", "blue", "green", False,
    )  # fmt: skip
    staff.accept()
    assert (holds(), reading.differences(NAME)) == ("green", [])
    assert reading.standing(NAME) == reading.StandingOf(Standing.ACCEPTED, 2, 2)
    assert reading.effective_values(NAME)["motto"] == "ours"


def test_an_edit_between_keeps_what_was_accepted(province: Province, staff: BankStaff) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))

    staff.publish(motto="ours anew")

    assert (holds(), reading.standing(NAME).accepted_version) == ("blue", 1)


def test_a_new_lock_shows_as_a_difference_that_holds_already(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE)
    staff.publish(colour="gold")

    province.publish(colour=rule("locked", "green"))

    [found] = reading.differences(NAME)
    assert (found.lock_before, found.lock_after, found.at_once) == ("default", "locked", True)
    assert (found.has_own, found.own, found.now, found.after) == (True, "gold", "green", "green")
    staff.accept()
    assert BankSettings.objects.get().values == {}


def test_accepting_asks_for_what_must_be_filled_and_changes_nothing_without(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE)
    staff.publish(colour="gold")
    province.publish(**BLUE, motto=rule("must_fill"))

    assert [(each.key, each.fill_first) for each in reading.differences(NAME)] == [("motto", True)]
    with pytest.raises(MustFill, match="Motto"):
        staff.accept()

    assert BankSettings.objects.get().accepted["version"] == 1
    assert TemplateAnswer.objects.count() == 0
    staff.publish(colour="gold", motto="ours")  # what was accepted asks for nothing
    staff.accept()
    assert reading.standing(NAME).state == Standing.ACCEPTED


def test_an_acceptance_sent_back_leaves_the_bank_where_it_was(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))
    request = services.accept_template(actor=staff.maker, name=NAME)

    send_back_request(actor=staff.checker, request_id=request.pk, comment="wait")

    assert (holds(), reading.standing(NAME).state) == ("blue", Standing.WAITS)
    staff.accept()
    assert holds() == "green"


def test_a_template_is_put_off_with_a_reason_until_the_next(
    province: Province, staff: BankStaff, alpha: Any
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))
    with pytest.raises(ReasonRequired):
        services.defer_template(actor=staff.maker, name=NAME, reason="  ")

    services.defer_template(actor=staff.maker, name=NAME, reason="after the holidays")

    assert reading.standing(NAME) == reading.StandingOf(
        Standing.DEFERRED, 1, 2, "after the holidays"
    )
    province.publish(colour=rule("default", "gold"))
    assert reading.standing(NAME).state == Standing.WAITS
    rolled = apps.get_model("publishing_offers.TemplateStanding").objects.get(bank=alpha)
    assert (rolled.accepted_version, rolled.deferred_version) == (1, 2)


def test_putting_off_takes_an_acceptance_back_out_of_review(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))
    request = services.accept_template(actor=staff.maker, name=NAME)

    services.defer_template(actor=staff.maker, name=NAME, reason="not yet")

    request.refresh_from_db()
    assert request.status == "withdrawn"
    assert BankSettings.objects.get().accepted["version"] == 1
    assert reading.standing(NAME).state == Standing.DEFERRED


def test_there_is_nothing_to_answer_when_nothing_waits(
    province: Province, staff: BankStaff
) -> None:
    for verb in (
        lambda: services.accept_template(actor=staff.maker, name=NAME),
        lambda: services.defer_template(actor=staff.maker, name=NAME, reason="no"),
    ):
        with pytest.raises(NothingWaits):
            verb()
    province.publish(**BLUE)
    staff.accept()
    with pytest.raises(NothingWaits):
        staff.accept()
    with pytest.raises(NothingWaits):
        services.defer_template(actor=staff.maker, name=NAME, reason="no")


def test_a_second_acceptance_is_refused_while_the_first_is_in_review(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE)
    services.accept_template(actor=staff.maker, name=NAME)

    with pytest.raises(AlreadyInReview):
        services.accept_template(actor=staff.maker, name=NAME)

    assert TemplateAnswer.objects.count() == 1


def test_a_bank_that_takes_its_settings_off_follows_the_newest_again(
    province: Province, staff: BankStaff, alpha: Any
) -> None:
    province.publish(**BLUE)
    staff.publish(colour="gold")
    province.publish(colour=rule("default", "green"))
    draft = BankSettings.objects.get()

    request = publishing.request_withdrawal(
        actor=staff.maker, kind=locks.SETTINGS_KIND, target_id=draft.uid
    )
    staff.approve(request)

    assert (holds(), reading.standing(NAME).state) == ("green", Standing.FOLLOWS)
    rolled = apps.get_model("publishing_offers.TemplateStanding").objects.get(bank=alpha)
    assert rolled.accepted_version is None
    assert staff.edit(motto="again").accepted["version"] == 2
