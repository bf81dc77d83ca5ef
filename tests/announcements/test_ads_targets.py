"""What ads may link to, and ads that the platform offers to banks."""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from PIL import Image

from announcements.ads.kinds import KIND
from announcements.ads.models import Ad
from announcements.ads.pictures.services import take_in_bytes
from announcements.catalogue.models import AppFunction
from fuxiang_zone.catalogue.models import Activation, ProductType
from operators.errors import NotAllowed
from publishing import links, registry
from publishing.services import withdraw_now
from tenants.platform import PLATFORM
from tests.announcements.ads import make_ad, make_placements
from tests.approvals.people import make_draft, make_operator, publish

NOW = timezone.now()

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(autouse=True)
def placements(bank: Any) -> None:
    make_placements()


def known(kind: str) -> links.TargetKind:
    found = links.get(kind)
    assert found is not None
    return found


def ids(kind: str) -> list[str]:
    return [target.id for target in known(kind).choices("")]


def test_functions_are_the_provinces_catalogue(bank: Any) -> None:
    AppFunction.objects.create(code="transfer", name="Transfer", group="Accounts")

    assert ids("function") == ["transfer"]
    assert known("function").find("transfer") == links.Target("transfer", "Accounts · Transfer")
    assert known("function").find("other") is None


def test_announcements_are_the_banks_and_the_provinces_that_are_published(
    maker: Any, checker: Any, beta: Any
) -> None:
    mine, draft = make_draft(maker, "Mine"), make_draft(maker, "Draft")
    publish(maker, checker, mine)
    ended = make_draft(maker, "Ended", ends_at=NOW + timedelta(hours=1))
    publish(maker, checker, ended)
    withdraw_now(actor=checker, kind="announcement", target_id=ended.uid, reason="typo")
    with tenant_context(PLATFORM):
        operator, reviewer = (
            make_operator("pia", "operator"),
            make_operator("rui", "compliance_reviewer"),
        )
        theirs = make_draft(operator, "Province")
        publish(operator, reviewer, theirs)
        assert ids("announcement") == [str(theirs.uid)]
    with tenant_context(beta):
        assert ids("announcement") == [str(theirs.uid)]
        assert known("announcement").find(str(mine.uid)) is None

    assert ids("announcement") == [str(mine.uid), str(theirs.uid)]
    assert known("announcement").find(str(theirs.uid)) == links.Target(
        str(theirs.uid), "Province (province)"
    )
    for gone in (draft.uid, ended.uid, "no uid", ""):
        assert known("announcement").find(str(gone)) is None


def test_zone_products_are_those_the_bank_has_opened(alpha: Any, beta: Any, bank: Any) -> None:
    for code in ("cd", "gift"):
        ProductType.objects.create(code=code, name=code.title(), category="Savings")
    opened = ProductType.objects.get(code="cd")
    Activation.objects.create(product_type=opened, bank=alpha, activated_at=NOW)

    assert ids("zone_product") == ["cd"]
    assert known("zone_product").find("gift") is None
    with tenant_context(beta):
        assert ids("zone_product") == []
    with tenant_context(PLATFORM):
        assert {"cd", "gift"} < set(ids("zone_product"))


# --- offers ---------------------------------------------------------------------------------------
@pytest.fixture
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def offered(**fields: Any) -> dict[str, Any]:
    with tenant_context(PLATFORM):
        operator = make_operator("pia", "operator")
        bytes_ = BytesIO()
        Image.new("RGB", (343 * 3, 120 * 3), (37, 109, 107)).save(bytes_, "PNG")
        picture = take_in_bytes(actor=operator, placement="home_banner", data=bytes_.getvalue())
        ad = make_ad(operator, picture=picture, slot=2, **fields)
        offer_content = registry.get(KIND).offer_content
        assert offer_content is not None
        return json.loads(json.dumps(offer_content(ad)))


def accept(actor: Any, content: dict[str, Any]) -> Any:
    accept_offer = registry.get(KIND).accept_offer
    assert accept_offer is not None
    return accept_offer(actor=actor, content=content)


def test_a_bank_makes_an_offered_ad_its_own_draft(maker: Any, checker: Any, media: None) -> None:
    content = offered(weight=7, for_seniors=True, starts_at=NOW - timedelta(days=3),
                      ends_at=NOW + timedelta(days=4))  # fmt: skip

    ad = accept(maker, content)

    assert Ad.objects.get() == ad
    assert (ad.owner, ad.weight, ad.slot, ad.for_seniors) == (maker, 7, None, True)
    assert ad.picture.variants["1x"]["name"].startswith("b_alpha/")
    assert ad.starts_at >= NOW
    assert ad.ends_at - ad.starts_at == timedelta(days=7)
    publish(maker, checker, ad)


def test_a_link_that_the_bank_does_not_have_is_left_out(maker: Any, media: None) -> None:
    with tenant_context(PLATFORM):
        ProductType.objects.create(code="cd", name="Certificates", category="Savings")
    content = offered(link_kind="zone_product", link_target="cd")

    ad = accept(maker, content)

    assert (ad.link_kind, ad.link_target) == ("none", "")


def test_who_may_not_draft_accepts_nothing(checker: Any, media: None) -> None:
    with pytest.raises(NotAllowed):
        accept(checker, offered())
    assert not Ad.objects.exists()
