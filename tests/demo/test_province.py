from __future__ import annotations

from datetime import date

from demo import notices, province
from publishing.choices import Stage

# The published figures, in the order of the file.
OPENED = [8, 3, 13, 2, 3, 16, 53, 62, 58, 1, 5, 5]


def test_the_province_has_102_banks_with_names_and_codes_used_once() -> None:
    banks = province.banks()

    assert len(banks) == 102
    assert len({bank.slug for bank in banks}) == len({bank.name for bank in banks}) == 102
    assert [banks[0].code, banks[-1].code] == ["DEMO0001", "DEMO0102"]
    assert {bank.prefecture for bank in banks} == set(province.PLACES)


def test_the_seven_skins_are_spread_evenly() -> None:
    skins = [bank.skin for bank in province.banks()]

    assert sorted(skins.count(skin) for skin in set(skins)) == [14, 14, 14, 15, 15, 15, 15]


def test_the_whole_province_opens_exactly_the_published_numbers() -> None:
    kinds = province.product_types()

    assert [kind.banks_opened for kind in kinds] == OPENED
    assert [province.banks_wanted(kind, 102) for kind in kinds] == OPENED


def test_a_smaller_province_opens_its_share_and_never_more_than_it_has_banks() -> None:
    assert [province.banks_wanted(kind, 10) for kind in province.product_types()] == [
        1, 1, 1, 1, 1, 2, 5, 6, 6, 1, 1, 1,
    ]  # fmt: skip
    assert {province.banks_wanted(kind, 1) for kind in province.product_types()} == {1}


def test_chance_is_the_same_on_every_machine() -> None:
    assert province.by_chance("wealth", ["changsha", "xingsha", "liling", "guiyang"]) == [
        "guiyang", "xingsha", "liling", "changsha",
    ]  # fmt: skip
    assert province.chance("changsha/D0000001", 1000) == 522


def test_the_banks_together_show_every_stage() -> None:
    chosen = [notice for bank in province.banks() for notice in notices.of_bank(bank.number)]

    assert {notice.stage for notice in chosen} == set(Stage)
    assert all(2 <= len(notices.of_bank(bank.number)) <= 4 for bank in province.banks())
    assert all(notices.of_bank(bank.number)[0].must_read for bank in province.banks())


def test_the_spring_festival_loaded_is_the_one_that_is_on_or_comes_next() -> None:
    def period(today: date) -> tuple[date, date]:
        (festival,) = province.festivals(today)
        return festival.starts_on, festival.ends_on

    assert period(date(2026, 3, 3)) == (date(2026, 2, 10), date(2026, 3, 4))
    assert period(date(2026, 3, 4)) == (date(2027, 1, 30), date(2027, 2, 21))
    assert period(date(2040, 1, 1)) == (date(2032, 2, 4), date(2032, 2, 26))
