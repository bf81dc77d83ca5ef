from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from announcements.models import Announcement
from publishing.models import ReceivedOffer
from publishing.offers.models import Offer, OfferDelivery
from publishing.offers.receiving import accept_offer
from publishing.offers.services import offer_to_banks
from publishing.offers.syncing import sync_bank
from tests.approvals.people import make_draft, make_operator, sign_in
from tests.operators.people import make_branch

DRAFTS = "/admin/announcements/announcement/"
BOARD = "/admin/publishing_offers/offer/"
LIST = "/admin/publishing/receivedoffer/"


@pytest.fixture
def writer(alpha: Any) -> Any:
    return make_operator("pia", "operator")


@pytest.fixture
def draft(writer: Any) -> Announcement:
    return make_draft(writer, "Holiday hours", body="<p>Closed on Monday.</p>")


@pytest.fixture
def offered(writer: Any, draft: Announcement, alpha: Any) -> Offer:
    offer = offer_to_banks(
        actor=writer, kind="announcement", draft_id=draft.pk, bank_slugs=["alpha", "beta"],
        note="please use",
    )  # fmt: skip
    with tenant_context(alpha):
        sync_bank(timezone.now())
    connection.set_schema_to_public()
    return offer


def console(operator: Any) -> Client:
    return sign_in(operator, "console.localhost")


def in_bank(bank: Any, *roles: str, **fields: Any) -> Client:
    with tenant_context(bank):
        return sign_in(make_operator("-".join(roles), *roles, **fields), f"{bank.slug}.localhost")


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_the_platform_chooses_banks_in_a_dialog(writer: Any, draft: Announcement) -> None:
    client = console(writer)
    address = f"{DRAFTS}{draft.pk}/offer-to-banks/"
    assert "offer-to-banks" in text(client, f"{DRAFTS}{draft.pk}/change/")
    dialog = text(client, address)
    assert all(f'value="{slug}"' in dialog for slug in ("alpha", "beta"))

    nobody = client.post(address, {"_form_submitted": "on"})
    assert "Choose at least one bank." in nobody.content.decode()
    sent = client.post(
        address, {"_form_submitted": "on", "banks": ["alpha", "beta"], "note": "please"}
    )

    offer = Offer.objects.get()
    assert sent["Location"] == f"{BOARD}{offer.pk}/change/"
    assert offer.deliveries.count() == 2


def test_others_find_no_such_button(draft: Announcement, alpha: Any, settings: Any) -> None:
    settings.TWO_FACTOR_REQUIRED = False
    reviewer = console(make_operator("ruth", "compliance_reviewer"))
    assert "offer-to-banks" not in text(reviewer, f"{DRAFTS}{draft.pk}/change/")
    assert reviewer.get(f"{DRAFTS}{draft.pk}/offer-to-banks/").status_code == 403
    with tenant_context(alpha):
        maker = make_operator("mia", "maker")
        own = make_draft(maker)
        client = sign_in(maker)
    assert "offer-to-banks" not in text(client, f"{DRAFTS}{own.pk}/change/")
    assert client.get(f"{DRAFTS}{own.pk}/offer-to-banks/").status_code == 403


def test_the_board_counts_and_names_the_banks(offered: Offer, writer: Any, alpha: Any) -> None:
    with tenant_context(alpha):
        accept_offer(
            actor=make_operator("mia", "maker"), received_id=ReceivedOffer.objects.get().pk
        )
        sync_bank(timezone.now())
    connection.set_schema_to_public()
    client = console(writer)

    [row] = client.get(BOARD).context["cl"].result_list
    assert (row.banks, row.waiting, row.accepted, row.undelivered) == (2, 1, 1, 1)
    page = client.get(f"{BOARD}{offered.pk}/change/")
    counts = {name: count for name, _label, count, _active in page.context["tabs"]}
    assert counts == {
        "all": 2, "waiting": 1, "accepted": 1, "published": 0, "declined": 0, "undelivered": 1,
    }  # fmt: skip
    html = page.content.decode()
    assert "Alpha Bank" in html
    assert "Closed on Monday." in html
    only = text(client, f"{BOARD}{offered.pk}/change/?tab=undelivered")
    assert ("Beta Bank" in only, "Alpha Bank" in only) == (True, False)


def test_the_bank_reads_accepts_and_edits(offered: Offer, alpha: Any) -> None:
    client = in_bank(alpha, "maker")
    with tenant_context(alpha):
        key = ReceivedOffer.objects.get().pk
    page = text(client, f"{LIST}{key}/change/")
    assert "Closed on Monday." in page
    assert "please use" in page

    answer = client.post(f"{LIST}{key}/accept/")

    with tenant_context(alpha):
        made = Announcement.objects.get()
    assert answer["Location"] == f"{DRAFTS}{made.pk}/change/"
    assert "This is your draft now." in text(client, answer["Location"])
    assert "Open the draft" in text(client, f"{LIST}{key}/change/")
    assert client.post(f"{LIST}{key}/accept/")["Location"] == answer["Location"]


def test_the_bank_declines_with_a_reason(offered: Offer, alpha: Any) -> None:
    client = in_bank(alpha, "maker")
    with tenant_context(alpha):
        key = ReceivedOffer.objects.get().pk

    refused = client.post(f"{LIST}{key}/decline/", {"reason": ""})
    assert refused.status_code == 400
    assert client.post(f"{LIST}{key}/decline/", {"reason": "ours is better"}).status_code == 302

    assert "ours is better" in text(client, f"{LIST}{key}/change/")
    assert [t.count for t in client.get(LIST).context["cl"].shown_tabs] == [0, 0, 1, 1]


def test_who_may_look_and_who_may_not(offered: Offer, alpha: Any) -> None:
    with tenant_context(alpha):
        key = ReceivedOffer.objects.get().pk
        north = make_branch("N")
    viewer, branch = in_bank(alpha, "viewer"), in_bank(alpha, "branch", branch=north)

    page = text(viewer, f"{LIST}{key}/change/")
    assert "Accept as a draft" not in page
    assert viewer.post(f"{LIST}{key}/accept/").status_code == 403
    assert branch.get(LIST).status_code == 403
    assert branch.post(f"{LIST}{key}/accept/").status_code == 403
    assert OfferDelivery.objects.filter(state="accepted").count() == 0
