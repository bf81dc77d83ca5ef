from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django_tenants.utils import tenant_context

from announcements.catalogue.models import Placement
from announcements.catalogue.services import save_placement
from announcements.catalogue.slots import read_slots, write_slots
from audit.models import AuditEvent
from operators.entries import InvalidEntry
from operators.errors import NotAllowed
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, sign_in

PAGE = "/admin/announcements_catalogue/placement/"

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def keeper(db: None) -> Iterator[Any]:
    with tenant_context(PLATFORM):
        yield make_operator("pia", "operator")


def placement(**fields: Any) -> Placement:
    given = {"code": "home_banner", "width": 343, "height": 120, "slots": 5, **fields}
    return Placement(**given)


@pytest.mark.parametrize(
    ("text", "slots"),
    [
        ("", []),
        (" 1 ", [1]),
        ("1, 3-4", [1, 3, 4]),
        ("３－４，１", [1, 3, 4]),
        ("1、2 至 3", [1, 2, 3]),
        ("5 4", [4, 5]),
    ],
)
def test_slots_are_understood_as_people_write_them(text: str, slots: list[int]) -> None:
    assert read_slots(text, 5) == slots


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1-2, 2", "Slot 2 is reserved twice"),
        ("1-3, 2-4", "Slot 2 is reserved twice"),
        ("3, 3", "Slot 3 is reserved twice"),
        ("0", "Slot 0 does not exist"),
        ("6", "Slot 6 does not exist"),
        ("1-9999", "Slot 6 does not exist"),
        ("4-3", "runs backwards"),
        ("first", "“first” is no slot number"),
        ("-1", "“-1” is no slot number"),
        ("1--2", "“1--2” is no slot number"),
        ("1.5", "“1.5” is no slot number"),
        ("99999", "“99999” is no slot number"),
    ],
)
def test_slots_that_make_no_sense_are_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(InvalidEntry) as refusal:
        read_slots(text, 5)

    assert said in str(refusal.value)


def test_slots_are_written_as_short_as_they_can_be_read() -> None:
    assert write_slots([4, 1, 3, 7]) == "1, 3-4, 7"
    assert read_slots(write_slots([1, 2, 3, 9]), 12) == [1, 2, 3, 9]


@pytest.mark.parametrize(
    "fields",
    [
        {"province_slots": [2, 2]},
        {"province_slots": [6]},
        {"province_slots": [0]},
        {"province_slots": ["2"]},
        {"province_slots": [True]},
        {"province_slots": {"2": 2}},
        {"slots": 0},
        {"slots": 13},
        {"width": 0},
        {"daily_cap": 0},
        {"code": "lobby"},
        {"code": "splash", "must_close": False},
        {"code": "popup", "must_close": False},
    ],
)
def test_a_bad_placement_is_refused_and_nothing_is_stored(
    keeper: Any, fields: dict[str, Any]
) -> None:
    with pytest.raises(InvalidEntry):
        save_placement(actor=keeper, placement=placement(**fields))

    assert not Placement.objects.exists()
    assert not AuditEvent.objects.filter(event="announcements_catalogue.placement_saved").exists()


def test_a_placement_is_saved_and_its_trail_kept(keeper: Any) -> None:
    saved = save_placement(actor=keeper, placement=placement(province_slots=[4, 2]))

    saved.refresh_from_db()
    assert saved.province_slots == [2, 4]
    assert AuditEvent.objects.filter(event="announcements_catalogue.placement_saved").count() == 1


def test_who_only_looks_cannot_save(keeper: Any) -> None:
    auditor = make_operator("ada", "auditor")

    with pytest.raises(NotAllowed):
        save_placement(actor=auditor, placement=placement())


def test_the_page_takes_slots_as_text(keeper: Any) -> None:
    client = sign_in(keeper, "console.localhost")
    form = {
        "code": "home_banner", "width": "343", "height": "120", "slots": "5",
        "province_slots": "1-2, 2", "position": "0",
    }  # fmt: skip
    refused = client.post(f"{PAGE}add/", form)
    assert "Slot 2 is reserved twice" in refused.content.decode()
    assert not Placement.objects.exists()

    assert client.post(f"{PAGE}add/", {**form, "province_slots": "1, 3-4"}).status_code == 302
    found = Placement.objects.get()
    assert found.province_slots == [1, 3, 4]
    page = client.get(f"{PAGE}{found.pk}/change/").content.decode()
    assert 'value="1, 3-4"' in page
    # Fewer slots than are reserved: the sentence, not a placement that cannot be.
    smaller = client.post(
        f"{PAGE}{found.pk}/change/", {**form, "slots": "3", "province_slots": "1, 3-4"}
    )
    assert "Slot 4 does not exist" in smaller.content.decode()
