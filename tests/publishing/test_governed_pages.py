from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django_tenants.utils import tenant_context

from approvals.models import Request
from publishing.governed import reading, services
from publishing.models import BankSettings, ProvinceTemplate, TemplateAnswer
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, sign_in
from tests.publishing.governed import NAME, BankStaff, Province, rule

BANK, PLATFORM_HOST = "alpha.localhost", "console.localhost"
SETTINGS, TEMPLATES = "/admin/publishing/banksettings/", "/admin/publishing/provincetemplate/"
BLUE = {"colour": rule("default", "blue")}


@pytest.fixture
def client(staff: BankStaff) -> Client:
    return enter(staff.maker)


@pytest.fixture
def at_platform(province: Province) -> Client:
    with tenant_context(PLATFORM):
        return enter(province.operator, PLATFORM_HOST)


class Staying(Client):
    """A request moves the connection to its bank; the test goes on where it stood."""

    def request(self, **request: Any) -> Any:
        with tenant_context(connection.tenant):  # type: ignore[attr-defined]
            return super().request(**request)


def enter(person: Any, host: str = BANK) -> Client:
    client = Staying(HTTP_HOST=host)
    client.cookies = sign_in(person, host).cookies
    return client


def cell_of(line: Any) -> Any:
    [cell] = [each for each in line.cells if each.group.name == NAME]
    return cell


def ask(client: Client, address: str, **fields: Any) -> Any:
    """Confirms an action's dialog."""
    return client.post(address, {"_form_submitted": "on", **fields})


def text(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


def bank_draft() -> BankSettings:
    return BankSettings.objects.get(name=NAME)


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back unchanged."""
    form = client.get(address).context["adminform"].form
    sent = {}
    for bound in form:
        value = bound.value()
        if value is True:
            sent[bound.html_name] = "on"
        elif value not in (None, False):
            sent[bound.html_name] = value
    return sent


def page_of(draft: Any) -> str:
    model = draft._meta.model_name
    return f"/admin/publishing/{model}/{draft.pk}/change/"


# --- the bank's page ------------------------------------------------------------------------------
def test_the_list_makes_a_row_for_every_group_when_a_maker_looks(
    client: Client, staff: BankStaff
) -> None:
    viewer = enter(make_operator("vera", "viewer"))
    assert "Looks" not in text(viewer.get(SETTINGS))
    assert BankSettings.objects.count() == 0

    assert "Looks" in text(client.get(SETTINGS))

    assert bank_draft().contributors == []
    # Nobody has written into it yet.
    assert f"{SETTINGS}{bank_draft().pk}/submit/" not in text(client.get(page_of(bank_draft())))
    assert "Looks" in text(viewer.get(SETTINGS))


def test_a_page_saved_as_it_is_sets_nothing(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(**BLUE, motto=rule("free", "all"))
    address = page_of(services.begin_settings(actor=staff.maker, name=NAME))

    client.post(address, form_of(client, address))

    assert (bank_draft().version, bank_draft().values) == (2, {})


def test_what_is_ticked_or_written_becomes_the_bank_s_own(client: Client, staff: BankStaff) -> None:
    address = page_of(staff.edit(motto="ours"))
    sent = form_of(client, address)

    # Written without the tick, ticked as it stands, and unticked.
    sent |= {"value__colour": "green", "has__count": "on"}
    del sent["has__motto"]
    client.post(address, sent)

    assert bank_draft().values == {"colour": "green", "count": 3}


def test_a_refused_value_shows_its_sentence_and_stores_nothing(
    client: Client, staff: BankStaff
) -> None:
    address = page_of(services.begin_settings(actor=staff.maker, name=NAME))

    answer = client.post(address, form_of(client, address) | {"value__colour": "pink"})

    assert "Choose red, green, blue or gold." in text(answer)
    assert (bank_draft().version, bank_draft().values) == (1, {})


def test_a_locked_setting_has_no_field_and_a_hand_made_value_is_refused(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(colour=rule("locked", "blue"))
    address = page_of(services.begin_settings(actor=staff.maker, name=NAME))
    assert "Locked by the province" in text(client.get(address))
    sent = form_of(client, address)
    assert "value__colour" not in sent

    answer = client.post(address, sent | {"value__colour": "green", "has__colour": "on"})

    assert "has locked “Colour” meanwhile" in text(answer)
    assert bank_draft().values == {}


def test_settings_that_do_not_go_together_are_refused_on_the_page(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(count=rule("locked", None))
    address = page_of(services.begin_settings(actor=staff.maker, name=NAME))

    answer = client.post(address, form_of(client, address) | {"value__colour": "gold"})

    assert "Gold needs a count." in text(answer)
    assert bank_draft().values == {}


def test_the_page_shows_where_the_bank_differs_and_can_show_only_that(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(**BLUE, motto=rule("must_fill"))
    address = page_of(staff.edit(colour="green"))

    every, differing = client.get(address), client.get(f"{address}?show=differs")

    assert [row.differs for row in every.context["rows"]] == [True, False, False]
    assert all(row.is_shown for row in every.context["rows"])
    assert [row.is_shown for row in differing.context["rows"]] == [True, False, False]
    # What does not show is sent all the same.
    assert form_of(client, f"{address}?show=differs") == form_of(client, address)
    assert [each.key for each in every.context["to_do"]] == ["motto"]


def test_a_setting_is_restored_from_its_dialog(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(**BLUE)
    draft = staff.edit(colour="green", motto="ours")
    assert 'id="restore-colour"' in text(client.get(page_of(draft)))
    restore = f"{SETTINGS}{draft.pk}/restore/"

    assert client.get(restore).status_code == 405
    client.post(restore, {"key": "colour", "version": draft.version})
    stale = client.post(restore, {"key": "motto", "version": draft.version}, follow=True)

    assert bank_draft().values == {"motto": "ours"}
    assert "has saved this draft meanwhile" in text(stale)


def test_the_banner_tells_of_a_newer_template_and_the_menu_counts_it(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    draft = bank_draft()
    assert "template has changed" not in text(client.get(page_of(draft)))
    assert reading.groups_that_ask() == 0

    province.publish(colour=rule("default", "green"))

    shown = text(client.get(page_of(draft)))
    assert "template has changed (v1 → v2)" in shown
    assert reading.groups_that_ask() == 1
    ask(client, f"{SETTINGS}{draft.pk}/accept/", note="fine")
    assert Request.objects.pending().get().note == "fine"
    assert f"{SETTINGS}{draft.pk}/accept/" not in text(client.get(page_of(draft)))
    assert reading.groups_that_ask() == 0


def test_putting_off_asks_for_a_reason_and_is_kept(
    client: Client, staff: BankStaff, province: Province
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))
    defer = f"{SETTINGS}{bank_draft().pk}/defer/"

    ask(client, defer, reason=" ")
    assert TemplateAnswer.objects.count() == 0
    ask(client, defer, reason="after the holidays")

    assert "after the holidays" in text(client.get(page_of(bank_draft())))
    assert reading.groups_that_ask() == 0


@pytest.mark.parametrize("role", ["checker", "viewer", "administrator"])
def test_others_read_the_page_without_fields(
    staff: BankStaff, province: Province, role: str
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))
    draft, reader = bank_draft(), enter(make_operator("rita", role))

    shown = text(reader.get(page_of(draft)))

    assert "ours" in shown
    assert "value__motto" not in shown
    assert f"{draft.pk}/accept/" not in shown
    refused = reader.post(page_of(draft), {"value__motto": "mine", "has__motto": "on"})
    assert refused.status_code == 403
    assert ask(reader, f"{SETTINGS}{draft.pk}/accept/", note="").status_code in (403, 404)
    assert bank_draft().values == {"motto": "ours"}


def test_branch_staff_do_not_see_the_bank_s_settings(staff: BankStaff, bank: Any) -> None:
    from tests.operators.people import make_branch

    draft = staff.edit(motto="ours")
    person = enter(make_operator("nora", "branch", branch=make_branch("L02")))

    assert person.get(SETTINGS).status_code == 403
    assert person.get(page_of(draft)).status_code == 403


def test_a_template_is_no_page_of_a_bank_nor_settings_one_of_the_platform(
    client: Client, at_platform: Client
) -> None:
    assert client.get(TEMPLATES).status_code == 404
    assert client.get(f"{TEMPLATES}adoption/").status_code == 404
    assert at_platform.get(SETTINGS).status_code == 404


# --- the platform's page --------------------------------------------------------------------------
def test_a_template_is_written_setting_by_setting(at_platform: Client) -> None:
    assert "Looks" in text(at_platform.get(TEMPLATES))
    with tenant_context(PLATFORM):
        draft = ProvinceTemplate.objects.get(name=NAME)
    sent = form_of(at_platform, page_of(draft))
    assert sent["lock__colour"] == "free"

    sent |= {"lock__colour": "locked", "value__colour": "blue", "lock__count": "must_fill"}
    at_platform.post(page_of(draft), sent | {"value__motto": "all"})

    with tenant_context(PLATFORM):
        draft.refresh_from_db()
    assert draft.settings == {
        "colour": {"lock": "locked", "value": "blue"},
        "count": {"lock": "must_fill"},
        "motto": {"lock": "free", "value": "all"},
    }


def test_a_template_refused_shows_the_sentence_at_the_field(at_platform: Client) -> None:
    at_platform.get(TEMPLATES)
    with tenant_context(PLATFORM):
        draft = ProvinceTemplate.objects.get(name=NAME)
    sent = form_of(at_platform, page_of(draft))

    pink = sent | {"lock__colour": "locked", "value__colour": "pink"}
    answer = at_platform.post(page_of(draft), pink)
    wrong = at_platform.post(page_of(draft), sent | {"lock__colour": "frozen"})

    assert answer.context["adminform"].form.errors["value__colour"] == [
        "Choose red, green, blue or gold."
    ]
    assert wrong.status_code == 200
    with tenant_context(PLATFORM):
        draft.refresh_from_db()
    assert draft.settings == {}


def test_the_platform_submits_and_the_reviewer_reads_locks(
    at_platform: Client, province: Province
) -> None:
    draft = province.edit(colour=rule("locked", "blue"))

    ask(at_platform, f"{TEMPLATES}{draft.pk}/submit/", note="")

    with tenant_context(PLATFORM):
        request = Request.objects.pending().get()
        reviewer = enter(make_operator("ada.auditor", "auditor"), PLATFORM_HOST)
    assert "locked: blue" in text(reviewer.get(f"/admin/approvals/request/{request.pk}/change/"))


def test_the_board_shows_every_bank_by_the_roll_up(
    at_platform: Client, province: Province, staff: BankStaff, beta: Any
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")
    province.publish(colour=rule("default", "green"))

    board = at_platform.get(f"{TEMPLATES}adoption/").context["board"]

    assert {line.bank.slug: cell_of(line).state for line in board.lines} == {
        "alpha": "waits", "beta": "follows",
    }  # fmt: skip
    services.defer_template(actor=staff.maker, name=NAME, reason="after the holidays")
    deferred = at_platform.get(f"{TEMPLATES}adoption/?state=deferred")
    assert [line.bank.slug for line in deferred.context["board"].lines] == ["alpha"]
    assert "after the holidays" in text(deferred)
    [column] = [each for each in board.columns if each.group.name == NAME]
    assert dict(column.counts)["waits"] == 1


def test_the_board_and_the_bank_agree_through_a_whole_story(
    at_platform: Client, province: Province, staff: BankStaff
) -> None:
    def board() -> Any:
        [line] = [
            each
            for each in at_platform.get(f"{TEMPLATES}adoption/").context["board"].lines
            if each.bank.slug == "alpha"
        ]
        return cell_of(line).state, cell_of(line).accepted_version

    def bank() -> Any:
        return reading.standing(NAME).state, reading.standing(NAME).accepted_version

    seen = []
    steps = [
        lambda: province.publish(**BLUE),
        lambda: staff.publish(motto="ours"),
        lambda: province.publish(colour=rule("default", "green")),
        lambda: services.defer_template(actor=staff.maker, name=NAME, reason="later"),
        lambda: staff.publish(motto="ours anew"),
        lambda: staff.accept(),
        lambda: province.publish(colour=rule("locked", "gold")),
    ]
    for step in steps:
        step()
        assert board() == bank()
        seen.append(str(bank()[0]))

    assert seen == ["follows", "accepted", "waits", "deferred", "deferred", "accepted", "waits"]


def test_the_menu_costs_a_maker_few_queries_and_others_none(
    province: Province, staff: BankStaff, django_assert_max_num_queries: Any
) -> None:
    province.publish(**BLUE)
    staff.publish(motto="ours")

    with django_assert_max_num_queries(6):  # three questions, and the names of the schemas
        reading.groups_that_ask()
