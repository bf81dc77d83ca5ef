from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from django_tenants.utils import tenant_context

from approvals import registry
from approvals.errors import OwnChange
from approvals.services import approve_request
from audit.models import AuditEvent
from operators.errors import NotAllowed
from publishing import locks
from publishing import services as publishing
from publishing.choices import Standing
from publishing.errors import EditConflict, NothingChanged
from publishing.governed import reading, services
from publishing.governed.errors import (
    BadSetting,
    MustFill,
    SettingLocked,
    UnknownGroup,
    WrongPlace,
)
from publishing.models import BankSettings, ProvinceTemplate, Publication
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator
from tests.operators.people import make_branch
from tests.publishing.governed import GROUP, NAME, BankStaff, Province, rule

BLUE = {"colour": rule("default", "blue")}


def holds() -> Any:
    return reading.effective_values(NAME)["colour"]


# --- the template ---------------------------------------------------------------------------------
def test_a_published_template_reaches_every_bank_that_has_nothing_of_its_own(
    province: Province, beta: Any
) -> None:
    assert province.publish(**BLUE) == 1

    assert holds() == "blue"
    with tenant_context(beta):
        assert holds() == "blue"
        assert reading.standing(NAME).state == Standing.FOLLOWS


def test_an_unpublished_template_changes_nothing(province: Province) -> None:
    province.edit(**BLUE)

    assert reading.published_template(NAME) is None
    assert holds() == "red"


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"colour": rule("locked")}, "colour"),
        ({"colour": rule("default")}, "colour"),
        ({"colour": rule("locked", "pink")}, "colour"),
        ({"colour": rule("free", "pink")}, "colour"),
        ({"colour": rule("frozen", "red")}, "colour"),
        ({"size": rule("free")}, ""),
    ],
)
def test_a_template_that_cannot_stand_is_refused(
    province: Province, settings: dict[str, Any], key: str
) -> None:
    with pytest.raises(BadSetting) as refusal:
        province.edit(**settings)

    assert refusal.value.key == key
    with tenant_context(PLATFORM):
        assert ProvinceTemplate.objects.get().settings == {}


def test_settings_that_do_not_go_together_are_refused(province: Province, staff: BankStaff) -> None:
    with pytest.raises(Exception, match="Gold needs a count"):
        province.edit(colour=rule("default", "gold"), count=rule("default", None))
    province.publish(count=rule("locked", None))

    with pytest.raises(Exception, match="Gold needs a count"):
        staff.edit(colour="gold")

    assert BankSettings.objects.get().values == {}


def test_an_unknown_group_is_refused(staff: BankStaff) -> None:
    with pytest.raises(UnknownGroup):
        services.edit_settings(actor=staff.maker, name="nothing", version=1, values={})


# --- a bank's own values --------------------------------------------------------------------------
def test_an_own_value_holds_once_it_is_approved(province: Province, staff: BankStaff) -> None:
    province.publish(**BLUE)
    request = staff.submit(colour="green")
    assert holds() == "blue"

    staff.approve(request)

    assert holds() == "green"
    assert [each.key for each in reading.where_bank_differs(NAME)] == ["colour"]
    assert reading.standing(NAME) == reading.StandingOf(Standing.ACCEPTED, 1, 1)


def test_a_value_for_a_locked_setting_is_refused_when_it_is_entered(
    province: Province, staff: BankStaff
) -> None:
    province.publish(colour=rule("locked", "blue"))

    with pytest.raises(SettingLocked) as refusal:
        staff.edit(colour="green", motto="ours")

    assert (refusal.value.key, refusal.value.http_status) == ("colour", 409)
    assert BankSettings.objects.get().values == {}


def test_a_value_locked_meanwhile_is_refused_at_submission(
    province: Province, staff: BankStaff
) -> None:
    draft = staff.edit(colour="green")
    province.publish(colour=rule("locked", "blue"))

    with pytest.raises(SettingLocked, match="Colour"):
        publishing.submit_for_review(actor=staff.maker, draft=draft)

    assert Publication.objects.count() == 0


def test_a_value_locked_while_in_review_is_refused_at_approval(
    province: Province, staff: BankStaff
) -> None:
    request = staff.submit(colour="green")
    province.publish(colour=rule("locked", "blue"))

    with pytest.raises(SettingLocked, match="Colour"):
        staff.approve(request)

    request.refresh_from_db()
    assert (request.status, Publication.objects.count(), holds()) == ("pending", 0, "blue")


def test_a_version_with_a_value_locked_meanwhile_cannot_be_rolled_back_to(
    province: Province, staff: BankStaff
) -> None:
    staff.publish(colour="green")
    staff.publish(motto="ours")
    province.publish(colour=rule("locked", "blue"))
    draft = BankSettings.objects.get()

    with pytest.raises(SettingLocked):
        publishing.request_rollback(
            actor=staff.maker, kind=locks.SETTINGS_KIND, target_id=draft.uid, version=1
        )


@pytest.mark.parametrize("values", [{"colour": "pink"}, {"size": 1}, {"count": -1}])
def test_values_that_cannot_stand_are_refused(staff: BankStaff, values: dict[str, Any]) -> None:
    with pytest.raises(BadSetting):
        staff.edit(**values)

    assert BankSettings.objects.get().values == {}


def test_what_the_bank_must_fill_in_is_asked_for_by_name(
    province: Province, staff: BankStaff
) -> None:
    province.publish(colour=rule("must_fill", "blue"), motto=rule("must_fill"))
    draft = staff.edit(colour="green")
    assert [each.key for each in reading.open_to_do(draft)] == ["motto"]

    with pytest.raises(MustFill, match="Motto") as refusal:
        publishing.submit_for_review(actor=staff.maker, draft=draft)
    assert "Colour" not in str(refusal.value)
    staff.publish(colour="green", motto="ours")

    assert reading.open_to_do(BankSettings.objects.get()) == []


def test_a_restored_setting_follows_the_province_again(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE)
    staff.publish(colour="green", motto="ours")
    version = BankSettings.objects.get().version

    draft = services.restore_setting(actor=staff.maker, name=NAME, version=version, key="colour")

    assert draft.values == {"motto": "ours"}
    staff.approve(publishing.submit_for_review(actor=staff.maker, draft=draft))
    assert holds() == "blue"
    assert AuditEvent.objects.filter(event="publishing.setting_restored").count() == 1


def test_restoring_drops_what_the_province_has_locked_as_well(
    province: Province, staff: BankStaff
) -> None:
    version = staff.edit(colour="green", motto="ours").version
    province.publish(colour=rule("locked", "blue"))

    draft = services.restore_setting(actor=staff.maker, name=NAME, version=version, key="motto")

    assert draft.values == {}


def test_nothing_is_restored_where_nothing_was_set(staff: BankStaff) -> None:
    draft = staff.edit(colour="green")

    with pytest.raises(NothingChanged):
        services.restore_setting(actor=staff.maker, name=NAME, version=draft.version, key="motto")


def test_an_older_form_does_not_overwrite_a_newer_draft(staff: BankStaff) -> None:
    draft = staff.edit(colour="green")

    with pytest.raises(EditConflict):
        services.edit_settings(
            actor=staff.maker, name=NAME, version=draft.version - 1, values={"colour": "blue"}
        )

    assert BankSettings.objects.get().values == {"colour": "green"}


def test_a_bank_without_values_can_say_so_first_with_an_empty_draft(staff: BankStaff) -> None:
    first = services.begin_settings(actor=staff.maker, name=NAME)

    again = services.begin_settings(actor=staff.maker, name=NAME)

    assert (first.pk, first.contributors) == (again.pk, [])
    assert AuditEvent.objects.filter(event="publishing.settings_begun").count() == 1


# --- what the feed reads, and what a checker reads ------------------------------------------------
def test_the_editions_resolve_to_what_the_console_shows(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE, count=rule("locked", 7))
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"), count=rule("locked", 9))

    own = item_of(publishing.current_edition(), locks.SETTINGS_KIND)
    with tenant_context(PLATFORM):
        template = item_of(publishing.current_edition(), locks.TEMPLATE_KIND)

    assert locks.effective(GROUP, template, own) == reading.effective_values(NAME)
    assert reading.effective_values(NAME) == {"colour": "blue", "count": 9, "motto": "ours"}


def item_of(edition: Any, kind: str) -> Any:
    [item] = [each for each in edition.document["items"] if each["kind"] == kind]
    return item["payload"]


def test_a_checker_reads_what_will_hold_and_by_whose_word(
    province: Province, staff: BankStaff
) -> None:
    province.publish(**BLUE, count=rule("locked", 7))
    request = staff.submit(motto="ours")

    with translation.override("en"):
        lines = {row.label: row.after for row in registry.get(request.kind).describe(request)}

    assert lines["Accepted template of the province"] == "version 1"
    assert lines["Colour"] == "blue (as the province)"
    assert lines["Count"] == "7 (locked by the province)"
    assert lines["Motto"] == "ours (the bank's own)"


# --- who may --------------------------------------------------------------------------------------
def test_only_the_platform_s_operators_write_templates(
    province: Province, staff: BankStaff
) -> None:
    with pytest.raises(NotAllowed):
        services.edit_template(actor=staff.maker, name=NAME, version=1, settings={})
    with tenant_context(PLATFORM), pytest.raises(NotAllowed):
        services.edit_template(actor=province.reviewer, name=NAME, version=1, settings={})
    with tenant_context(PLATFORM), pytest.raises(NotAllowed):
        services.edit_settings(actor=province.operator, name=NAME, version=1, values={})
    with tenant_context(PLATFORM), pytest.raises(WrongPlace):
        services.begin_settings(actor=province.operator, name=NAME)
    with pytest.raises(WrongPlace):
        services.begin_template(actor=staff.maker, name=NAME)


@pytest.mark.parametrize("role", ["administrator", "checker", "viewer", "branch"])
def test_only_makers_write_a_bank_s_settings(bank: Any, role: str) -> None:
    branch = make_branch("L01") if role == "branch" else None
    person = make_operator("paul", role, branch=branch)

    with pytest.raises(NotAllowed):
        services.edit_settings(actor=person, name=NAME, version=1, values={})
    with pytest.raises(NotAllowed):
        services.accept_template(actor=person, name=NAME)
    with pytest.raises(NotAllowed):
        services.defer_template(actor=person, name=NAME, reason="no")
    with pytest.raises(NotAllowed):
        services.restore_setting(actor=person, name=NAME, version=1, key="colour")

    assert BankSettings.objects.count() == 0


def test_a_bank_s_settings_are_nothing_in_another_bank(
    province: Province, staff: BankStaff, beta: Any
) -> None:
    staff.publish(colour="gold")

    with tenant_context(beta):
        assert (holds(), BankSettings.objects.count()) == ("red", 0)
        assert reading.published_settings(NAME) is None


def test_the_maker_of_a_change_does_not_approve_it(staff: BankStaff) -> None:
    both = make_operator("both", "maker", "checker")
    request = BankStaff(both, both).submit(colour="gold")

    with pytest.raises(OwnChange):
        approve_request(actor=both, request_id=request.pk)
