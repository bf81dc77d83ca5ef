"""Unfold runs actions without ``permissions`` for everybody, those without ``dialog`` by GET."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.admin import ModelAdmin as DjangoModelAdmin
from django.contrib.auth.models import Permission
from unfold.admin import ModelAdmin as UnfoldModelAdmin

from operators.admin_base import ModelAdmin
from operators.sites import bank_site, platform_site
from tests.consoles.visitor import Visitor

SITES = (bank_site, platform_site)
PAGES = [page for site in SITES for page in site._registry.values()]


def unfold_actions() -> Iterator[tuple[DjangoModelAdmin, Any]]:
    for page in PAGES:
        for found in (
            page._get_base_actions_list, page._get_base_actions_detail, page._get_base_actions_row,
        ):  # fmt: skip
            yield from ((page, action) for action in found())


def named(found: tuple[DjangoModelAdmin, Any]) -> str:
    page, action = found
    return f"{page.admin_site.name}-{action.action_name}"


def test_both_sites_have_pages_and_they_have_actions() -> None:
    assert bank_site._registry
    assert platform_site._registry
    assert list(unfold_actions())


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: f"{page.admin_site.name}-{page.opts.label}"
)
def test_every_page_has_the_manners_of_the_consoles(page: DjangoModelAdmin) -> None:
    assert isinstance(page, UnfoldModelAdmin)
    assert isinstance(page, ModelAdmin)


@pytest.mark.parametrize("found", list(unfold_actions()), ids=named)
def test_every_action_has_a_permission_and_a_dialog(found: tuple[DjangoModelAdmin, Any]) -> None:
    _page, action = found

    assert action.method.allowed_permissions
    assert action.dialog


@pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: f"{page.admin_site.name}-{page.opts.label}"
)
def test_every_bulk_action_has_a_permission(page: DjangoModelAdmin, rf: Any) -> None:
    for action in page.actions or ():
        method = getattr(page, action) if isinstance(action, str) else action
        assert getattr(method, "allowed_permissions", ())


@pytest.mark.django_db
def test_every_permission_an_action_names_exists() -> None:
    known = {
        f"{app_label}.{codename}"
        for app_label, codename in Permission.objects.values_list(
            "content_type__app_label", "codename"
        )
    }
    for page, action in unfold_actions():
        for permission in action.method.allowed_permissions:
            method = f"has_{permission}_permission"
            assert permission in known or hasattr(page, method), named((page, action))


@pytest.mark.django_db
def test_opening_an_action_changes_nothing_and_strangers_may_not(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    address = f"/admin/tenants/bank/{alpha.pk}/suspend/"

    assert enter(None, "operator").get(address).status_code == 200
    assert enter(None, "auditor").post(address, {"reason": "x"}).status_code == 403
    alpha.refresh_from_db()
    assert alpha.status == "active"
