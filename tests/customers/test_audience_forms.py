from __future__ import annotations

from typing import Any

import pytest
from django.forms import Form, ValidationError
from django.http import QueryDict
from django.utils import translation

from announcements.models import Announcement
from customers.audience_forms import AudienceField, known_tags
from customers.models import Customer
from operators.models import Branch, Operator
from tests.approvals.people import make_draft, make_operator, sign_in
from tests.operators.people import make_branch

LOAN = {"field": "groups", "op": "any", "values": ["loan"]}
SIZE = "/admin/customers/customer/audience-size/?name=audience"


@pytest.fixture(autouse=True)
def _english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def north(bank: Any) -> Branch:
    return make_branch("N01")


@pytest.fixture
def maker(bank: Any) -> Operator:
    return make_operator("mia", "maker")


def cleaned(query: str, **options: Any) -> Any:
    field = AudienceField(**options)
    data = QueryDict(query)
    return field.clean(field.widget.value_from_datadict(data, {}, "audience"))


def sent(html: str) -> str:
    """What a browser would send of the form as it stands."""
    from html.parser import HTMLParser
    from urllib.parse import urlencode

    pairs: list[tuple[str, str]] = []

    class Reader(HTMLParser):
        select = ""

        def handle_starttag(self, tag: str, attributes: Any) -> None:
            found = dict(attributes)
            if tag == "select":
                self.select = found["name"]
            elif tag == "option" and "selected" in found:
                pairs.append((self.select, found["value"]))
            elif tag == "input" and (found["type"] != "checkbox" or "checked" in found):
                pairs.append((found["name"], found["value"]))

    Reader().feed(html)
    return urlencode(pairs)


def test_what_is_typed_becomes_a_clean_rule(north: Branch) -> None:
    rule = cleaned(
        "audience-groups_any=loan&audience-groups_any=card&audience-groups_none=campus"
        "&audience-tags_any=vip&audience-more_tags_any=房贷，gold、 x"
        f"&audience-branch={north.path}&audience-least=３０&audience-most="
    )

    assert rule == {
        "all": [
            {"field": "groups", "op": "any", "values": ["loan", "card"]},
            {"field": "groups", "op": "none", "values": ["campus"]},
            {"field": "tags", "op": "any", "values": ["gold", "vip", "x", "房贷"]},
            {"field": "branch", "op": "within", "path": north.path, "name": "Branch N01"},
            {"field": "age", "op": "between", "min": 30, "max": None},
        ]
    }
    assert cleaned("") == {}


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"all": [LOAN]},
        {"all": [LOAN, {"field": "groups", "op": "any", "values": ["card"]}]},
        {
            "all": [
                {"field": "tags", "op": "none", "values": ["a'b", "<b>"]},
                {"field": "age", "op": "between", "min": 0, "max": 18},
                {"field": "age", "op": "between", "min": 16, "max": None},
            ]
        },
    ],
)
def test_a_rule_goes_through_the_page_unchanged(
    maker: Operator, north: Branch, rule: dict[str, Any]
) -> None:
    from customers.audiences import clean_rule

    class OneField(Form):
        audience = AudienceField(operator=maker)

    for stored in (rule, {"all": [*rule.get("all", []), _within(north)]}):
        html = str(OneField(initial={"audience": stored})["audience"])
        assert cleaned(sent(html), operator=maker) == clean_rule(stored)


def _within(branch: Branch) -> dict[str, Any]:
    return {"field": "branch", "op": "within", "path": branch.path, "name": branch.name}


def test_conditions_without_a_place_are_shown_in_words_and_can_be_dropped(bank: Any) -> None:
    class OneField(Form):
        audience = AudienceField()

    card = {"field": "groups", "op": "any", "values": ["card"]}
    html = str(OneField(initial={"audience": {"all": [LOAN, card]}})["audience"])

    assert "In at least one of these groups: credit card customers" in html
    kept = sent(html)
    dropped = "&".join(part for part in kept.split("&") if not part.startswith("audience-kept"))
    assert cleaned(dropped) == {"all": [LOAN]}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("audience-least=60&audience-most=30", "above the age to"),
        ("audience-least=x", "whole number"),
        ("audience-least=1000", "whole number"),
        ("audience-groups_any=rich", "no customer group"),
        ("audience-groups_any=loan&audience-groups_none=loan", "nobody would be meant"),
        ("audience-more_tags_any=" + "x" * 31, "longer than 30"),
        ("audience-branch=ZZZZ", "no branch"),
        ("audience-kept={", "cannot be read"),
        ("audience-kept=[]", "nothing an audience goes by"),
    ],
)
def test_a_wrong_entry_gets_a_sentence(bank: Any, query: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refused:
        cleaned(query)

    assert sentence in refused.value.messages[0]


def test_branch_staff_choose_among_their_own_branches(north: Branch) -> None:
    south = make_branch("S01")
    nora = make_operator("nora", "branch", branch=north)
    field = AudienceField(operator=nora)

    html = field.widget.render("audience", {})
    assert (north.name in html, south.name in html) == (True, False)
    with pytest.raises(ValidationError, match="not one of yours"):
        cleaned(f"audience-branch={south.path}", operator=nora)


def test_the_provinces_form_has_neither_branches_nor_a_size(maker: Operator) -> None:
    html = AudienceField(province=True, operator=maker).widget.render("audience", {})

    assert "audience-branch" not in html
    assert "hx-post" not in html
    assert "Every customer of every bank" in html
    with pytest.raises(ValidationError, match="province"):
        cleaned("audience-branch=0001", province=True)


def test_the_usual_tags_are_offered(maker: Operator) -> None:
    for number, tags in enumerate((["vip"], ["vip", "gold"], [])):
        Customer.objects.create(number=f"C{number}", tags=tags)

    assert known_tags() == ["gold", "vip"]
    html = AudienceField(operator=maker).widget.render("audience", {})
    assert 'name="audience-tags_any" value="vip"' in html


# --- the size, live -------------------------------------------------------------------------------
def test_the_size_follows_what_is_typed(maker: Operator, north: Branch) -> None:
    for number in range(3):
        Customer.objects.create(number=f"L{number}", groups=["loan"], branch=north)
    Customer.objects.create(number="X", groups=["loan"])
    client = sign_in(maker)

    whole = client.post(SIZE, {"audience-groups_any": "loan"}).content.decode()
    branch = client.post(SIZE, {"audience-groups_any": "loan", "branch": north.pk}).content.decode()
    wrong = client.post(SIZE, {"audience-least": "x"}).content.decode()

    assert "<strong>4</strong>" in whole
    assert "<strong>3</strong>" in branch
    assert "whole number" in wrong
    assert client.get(SIZE).status_code == 405


def test_branch_staff_count_their_own_customers_only(north: Branch) -> None:
    south = make_branch("S01")
    for number, branch in enumerate((north, south, None)):
        Customer.objects.create(number=f"C{number}", branch=branch)
    client = sign_in(make_operator("nora", "branch", branch=north))

    for chosen in ("", south.pk, "x"):
        assert "<strong>1</strong>" in client.post(SIZE, {"branch": chosen}).content.decode()


def test_who_may_see_no_customers_counts_none(bank: Any) -> None:
    assert sign_in(make_operator("ada", "administrator")).post(SIZE, {}).status_code == 403


# --- in the announcement's form -------------------------------------------------------------------
def test_an_announcement_keeps_its_audience_trial_and_mark(maker: Operator, north: Branch) -> None:
    client, draft = sign_in(maker), make_draft(maker)
    page = f"/admin/announcements/announcement/{draft.pk}/change/"
    form = {
        "title": draft.title, "body": draft.body, "opened_version": 1, "priority": 0,
        "starts_at": "2027-07-02T08:00", "ends_at": "", "branch": "",
        "audience-groups_any": ["loan"], "audience-branch": north.path, "audience-least": "18",
        "for_seniors": "on", "trial_starts_at": "2027-07-01T08:00",
    }  # fmt: skip

    late = client.post(page, {**form, "trial_starts_at": "2027-07-03T08:00"})
    assert "The trial begins before everybody sees it" in late.content.decode()
    assert client.post(page, form).status_code == 302
    draft = Announcement.objects.get(pk=draft.pk)
    assert [each["field"] for each in draft.audience["all"]] == ["groups", "branch", "age"]
    payload = draft.render_payload()
    assert (payload["for_seniors"], payload["trial_starts_at"]) == (
        True, "2027-07-01T00:00:00.000000Z",
    )  # fmt: skip
    assert "loan customers" in client.get(page).content.decode()


def test_a_viewer_reads_the_audience_in_words(maker: Operator) -> None:
    draft = make_draft(maker, audience={"all": [LOAN]})
    client = sign_in(make_operator("vera", "viewer"))

    page = client.get(f"/admin/announcements/announcement/{draft.pk}/change/").content.decode()
    assert "In at least one of these groups: loan customers" in page
    assert "audience-groups_any" not in page
