"""Every kind of change can be seen on the phone before it is approved."""

from __future__ import annotations

from typing import Any

import pytest
from django_tenants.utils import tenant_context

from announcements.ads.orders import save_order
from announcements.catalogue.models import Skin
from approvals.models import Request
from publishing.governed import services as governed
from publishing.services import submit_for_review
from publishing.takedowns import withdraw_now
from tenants.platform import PLATFORM
from tests.announcements.ads import make_ad, make_placements
from tests.approvals.people import make_draft, make_operator, publish, sign_in
from tests.mobile.test_preview import FRAME, text_of

DESK = "/preview/desk/"
CONSOLE = "console.localhost"


@pytest.fixture(autouse=True)
def _placements(bank: Any) -> None:
    make_placements()


def review_page(operator: Any, request: Any, host: str = "alpha.localhost") -> str:
    return text_of(sign_in(operator, host).get(f"/admin/approvals/request/{request.pk}/change/"))


def test_a_proposed_look_is_worn_by_the_phone(maker: Any, checker: Any) -> None:
    Skin.objects.create(code="x-blue", name="Blue", primary="#123456", accent="#ABCDEF")
    begun = governed.begin_settings(actor=maker, name="appearance")
    draft = governed.edit_settings(
        actor=maker, name="appearance", version=begun.version, values={"skin": "x-blue"}
    )
    asked = submit_for_review(actor=maker, draft=draft)
    client = sign_in(checker)

    assert "--primary: #123456" in text_of(client.get(f"{FRAME}?request={asked.pk}"))
    assert "--primary: #123456" in text_of(client.get(f"{FRAME}?draft={draft.uid}"))
    assert "--primary: #123456" not in text_of(client.get(FRAME))
    assert "as it would be after this change" in text_of(client.get(f"{DESK}?request={asked.pk}"))
    assert f"/preview/desk/?request={asked.pk}" in review_page(checker, asked)


def test_a_proposed_template_is_worn_by_the_platforms_phone(db: None) -> None:
    Skin.objects.create(code="x-blue", name="Blue", primary="#123456", accent="#ABCDEF")
    with tenant_context(PLATFORM):
        writer = make_operator("pia", "operator")
        begun = governed.begin_template(actor=writer, name="appearance")
        locked = {"skin": {"lock": "locked", "value": "x-blue"}}
        draft = governed.edit_template(
            actor=writer, name="appearance", version=begun.version, settings=locked
        )
        asked = submit_for_review(actor=writer, draft=draft)
        client = sign_in(writer, CONSOLE)

    assert "--primary: #123456" in text_of(client.get(f"{FRAME}?request={asked.pk}"))
    assert "--primary: #123456" not in text_of(client.get(FRAME))


def test_a_proposed_order_is_followed(maker: Any, checker: Any) -> None:
    ads = [make_ad(maker, title=title, alt_text=title) for title in ("Uno", "Due")]
    for draft in ads:
        publish(maker, checker, draft)
    client = sign_in(checker)

    def order(query: str) -> list[str]:
        page = text_of(client.get(f"{FRAME}?aside=1&{query}"))
        return sorted(("Uno", "Due"), key=lambda name: page.index(f'alt="{name}"'))

    turned = [str(ad.uid) for ad in ads if ad.title != order("")[0]]
    turned += [str(ad.uid) for ad in ads if str(ad.uid) not in turned]
    arranged = save_order(actor=maker, placement="home_banner", uids=turned, version=0)
    asked = submit_for_review(actor=maker, draft=arranged)

    assert order(f"request={asked.pk}") == order("")[::-1]
    assert order(f"draft={arranged.uid}") == order("")[::-1]


def test_a_take_down_under_review_is_shown_gone(maker: Any, checker: Any) -> None:
    draft = make_draft(maker, "Wrong rate")
    publish(maker, checker, draft)
    withdraw_now(actor=checker, kind="announcement", target_id=draft.uid, reason="Wrong")
    asked = Request.objects.get(kind="takedown")

    assert "Wrong rate" not in text_of(sign_in(checker).get(f"{FRAME}?request={asked.pk}"))
    assert f"/preview/desk/?request={asked.pk}" in review_page(maker, asked)


def test_the_platform_sees_its_own_ad_before_the_banks_do(db: None, beta: Any) -> None:
    with tenant_context(PLATFORM):
        writer = make_operator("pia", "operator")
        draft = make_ad(writer, alt_text="For the province")
        asked = submit_for_review(actor=writer, draft=draft)
        client = sign_in(writer, CONSOLE)

    for query in (f"request={asked.pk}", f"draft={draft.uid}"):
        assert 'alt="For the province"' in text_of(client.get(f"{FRAME}?{query}"))
        assert "This change shows" in text_of(client.get(f"{DESK}?{query}"))
    with tenant_context(beta):
        reader = sign_in(make_operator("rita", "viewer"), "beta.localhost")
    page = text_of(reader.get(f"{FRAME}?aside=1"))
    assert "For the province" not in page


def test_a_request_that_is_no_publication_has_no_phone(maker: Any, checker: Any) -> None:
    asked = submit_for_review(actor=maker, draft=make_draft(maker))
    Request.objects.filter(pk=asked.pk).update(kind="role_change")

    assert sign_in(checker).get(f"{FRAME}?request={asked.pk}").status_code == 404
