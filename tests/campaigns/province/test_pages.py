"""The platform designs, opens and watches; banks join and answer: through their pages."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django_tenants.utils import tenant_context

from audit.models import AuditEvent
from campaigns.models import Campaign
from campaigns.province.models import Joining, ProvinceCampaign, Wave
from operators.models import Operator
from tenants.platform import PLATFORM
from tests.approvals.people import make_operator, sign_in
from tests.campaigns.province.making import (
    a_coupon,
    a_newer_version,
    a_province_campaign,
    an_open_wave,
    designers,
    joined,
    rolled,
    running,
)
from tests.coupons.making import people

LIST = "/admin/campaigns_province/provincecampaign/"
BANK = "/admin/campaigns/province/"


def platform(role: str = "operator") -> Client:
    with tenant_context(PLATFORM):
        person = designers()[0] if role == "operator" else make_operator(f"p-{role}", role)
        return sign_in(person, "console.localhost")


def maker_of(bank: Any) -> Client:
    with tenant_context(bank):
        return sign_in(people()[0], f"{bank.slug}.localhost")


def text_of(response: Any) -> str:
    return response.content.decode()


def form_values(client: Client, address: str) -> dict[str, Any]:
    """Everything that the form would post as it was opened."""
    from tests.campaigns.province.reading_forms import posted

    return posted(text_of(client.get(address)))


def test_a_campaign_is_designed_in_the_form(db: None) -> None:
    client = platform()
    values = form_values(client, f"{LIST}add/?kind=spend_and_save")
    response = client.post(
        f"{LIST}add/?kind=spend_and_save",
        values | {"value__title": "Five off fifty", "value__summary": "Top up 50, pay 45."},
    )

    assert response.status_code == 302, text_of(response)
    draft = ProvinceCampaign.objects.get()
    assert draft.title == "Five off fifty"
    assert draft.rules["effects"]["value"][0]["coupon"]["face_cents"] == 500
    assert draft.rules["bearers"]["value"]["bank"] == 10_000


def test_an_impossible_design_shows_its_sentence_at_the_field(db: None) -> None:
    client = platform()
    values = form_values(client, f"{LIST}add/?kind=spend_and_save")
    response = client.post(
        f"{LIST}add/?kind=spend_and_save", values | {"value__summary": "Top up."}
    )

    assert response.status_code == 200
    assert "Give the campaign a name." in text_of(response)
    assert not ProvinceCampaign.objects.exists()


def test_editing_keeps_what_was_stored(db: None) -> None:
    campaign = a_province_campaign()
    client = platform()
    address = f"{LIST}{campaign.pk}/change/"
    response = client.post(address, form_values(client, address) | {"value__summary": "New."})

    assert response.status_code == 302, text_of(response)
    stored = ProvinceCampaign.objects.get()
    assert stored.rules["summary"]["value"] == "New."
    assert {**stored.rules, "summary": 0} == {**campaign.rules, "summary": 0}


def test_waves_are_planned_opened_pulled_and_released_on_the_board(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    client = platform()
    board = f"{LIST}{campaign.pk}/board/"

    client.post(f"{board}plan/", {"name": "Pilot", "banks": ["alpha"]})
    wave = Wave.objects.get()
    assert (wave.name, wave.state) == ("Pilot", "planned")
    client.post(f"{board}wave/{wave.pk}/", {"name": "Pilot", "banks": ["alpha", "beta"]})
    assert wave.joinings.count() == 2
    for verb, state in (("open", "open"), ("pull", "pulled"), ("release", "open")):
        assert client.post(
            f"{board}wave/{wave.pk}/{verb}/", {"reason": "Because."}
        ).status_code == 302  # fmt: skip
        assert Wave.objects.get().state == state
    assert "Pilot" in text_of(client.get(board))


def test_a_plan_without_banks_says_so(db: None) -> None:
    campaign = a_province_campaign()
    response = platform().post(f"{LIST}{campaign.pk}/board/plan/", {"name": "Pilot"})

    assert response.status_code == 400
    assert "Choose at least one bank." in text_of(response)


def test_who_only_looks_has_no_buttons_and_no_verbs(alpha: Any) -> None:
    campaign = a_province_campaign()
    wave = an_open_wave(campaign, alpha)
    client = platform("auditor")
    board = f"{LIST}{campaign.pk}/board/"

    page = text_of(client.get(board))
    assert "pull-" not in page
    client.post(f"{board}wave/{wave.pk}/pull/", {"reason": "Me."})
    assert Wave.objects.get().state == "open"
    assert client.get(f"{board}plan/").status_code == 403
    assert "Every bank that joins" in text_of(client.get(f"{LIST}{campaign.pk}/change/"))


def test_the_board_adds_the_banks_up_and_exports_them(alpha: Any, beta: Any) -> None:
    from tests.campaigns.province.test_figures import taken_part

    campaign = a_province_campaign()
    an_open_wave(campaign, alpha, beta)
    for each, number in ((alpha, 3), (beta, 2)):
        with tenant_context(each):
            taken_part(running(campaign), number)
    rolled(alpha, beta)
    client = platform()

    page = text_of(client.get(f"{LIST}{campaign.pk}/board/"))
    file = client.post(f"{LIST}{campaign.pk}/board/export/")

    assert "25.00" in page
    assert "does not tie out" not in page
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert [line.split(",")[8] for line in lines[1:]] == ["3", "2"]
    assert AuditEvent.objects.filter(event="campaigns.province_board_exported").exists()


def test_a_bank_joins_by_its_page(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        fits = a_coupon(title="Good five")
        a_coupon(title="Poor three", face_min_cents=300, face_max_cents=300)
    client = maker_of(alpha)
    one = f"{BANK}{campaign.uid}/"

    assert campaign.title in text_of(client.get(BANK))
    page = text_of(client.get(one))
    assert "Poor three" in page
    assert "at least 5.00" in page
    response = client.post(f"{one}join/", {"coupon0": str(fits.pk), "budget_cents": "2,000"})

    assert response.status_code == 302, text_of(response)
    with tenant_context(alpha):
        draft = Campaign.objects.get()
        assert draft.budget_cents == 200_000
        assert response["Location"].endswith(f"/{draft.pk}/change/")
    assert client.get(one).status_code == 200


def test_joining_with_other_words_or_budget_than_the_locked_ones_is_refused(alpha: Any) -> None:
    campaign = a_province_campaign(budget_cents={"lock": "locked", "value": 100_000})
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        fits = a_coupon()
    client, one = maker_of(alpha), f"{BANK}{campaign.uid}/"

    for wrong in ({"button": "Mine"}, {"budget_cents": "9,000"}, {"budget_cents": "much"}):
        refused = client.post(f"{one}join/", {"coupon0": str(fits.pk), **wrong})
        assert refused.status_code == 400
        assert 'role="alert"' in text_of(refused) or "yuan" in text_of(refused)
    with tenant_context(alpha):
        assert not Campaign.objects.exists()
    same = {"coupon0": str(fits.pk), "button": "Take it", "budget_cents": "1,000.00"}
    assert client.post(f"{one}join/", same).status_code == 302


def test_a_pool_of_the_bank_stays_when_a_newer_version_is_accepted(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        pool = {
            "kind": "grant_from_pool",
            "templates": [{"template": a_coupon().pk, "weight": 1} for _each in range(2)],
        }
        draft = joined(campaign, effects=[pool])
    a_newer_version(campaign, button={"lock": "locked", "value": "Take five"})
    client, one = maker_of(alpha), f"{BANK}{campaign.uid}/"

    assert "coupon0" not in text_of(client.get(one))
    assert client.post(f"{one}accept/", {"budget_cents": "1000"}).status_code == 302
    with tenant_context(alpha):
        kept = Campaign.objects.get()
        assert (kept.button, kept.effects) == ("Take five", draft.effects)


def test_joining_without_a_coupon_or_budget_says_what_is_missing(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    response = maker_of(alpha).post(f"{BANK}{campaign.uid}/join/", {})

    assert response.status_code == 400
    assert "Choose one of your published coupons." in text_of(response)
    with tenant_context(alpha):
        assert not Campaign.objects.exists()


def test_a_newer_version_is_shown_accepted_or_put_off(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        draft = joined(campaign)
    a_newer_version(campaign, button={"lock": "locked", "value": "Take five"})
    client, one = maker_of(alpha), f"{BANK}{campaign.uid}/"

    assert "<strong>Take five</strong>" in text_of(client.get(one))
    client.post(f"{one}defer/", {"reason": "Later."})
    assert Joining.objects.get().deferred_version == 2
    coupon = draft.effects[0]["template"]
    client.post(f"{one}accept/", {"coupon0": coupon, "budget_cents": "1000"})

    with tenant_context(alpha):
        assert Campaign.objects.get().button == "Take five"


def test_declining_by_the_page_is_read_by_the_province(alpha: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    maker_of(alpha).post(f"{BANK}{campaign.uid}/decline/", {"reason": "No budget left."})

    assert "No budget left." in text_of(platform().get(f"{LIST}{campaign.pk}/board/"))


def test_branch_staff_and_other_banks_see_nothing(alpha: Any, beta: Any) -> None:
    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        branch: Operator = make_operator("b-branch", "branch")
        client = sign_in(branch, "alpha.localhost")
    for address in (BANK, f"{BANK}{campaign.uid}/"):
        assert client.get(address).status_code == 403

    other = maker_of(beta)
    assert campaign.title not in text_of(other.get(BANK))
    for verb in ("", "join/", "decline/"):
        call = other.post if verb else other.get
        assert call(f"{BANK}{campaign.uid}/{verb}", {"reason": "x"}).status_code == 404


def test_the_menu_counts_what_waits_for_the_bank(alpha: Any) -> None:
    from django.test import RequestFactory

    from campaigns.province.badges import waiting_for_bank

    campaign = a_province_campaign()
    an_open_wave(campaign, alpha)
    with tenant_context(alpha):
        request: Any = RequestFactory().get("/")
        request.user = people()[0]
        assert waiting_for_bank(request) == "1"
        joined(campaign)
        assert waiting_for_bank(request) == ""
    a_newer_version(campaign, button={"lock": "locked", "value": "Take five"})
    with tenant_context(alpha):
        assert waiting_for_bank(request) == "1"
