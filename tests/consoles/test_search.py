from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django_tenants.utils import tenant_context

from tests.consoles.visitor import Visitor
from tests.operators.people import make_branch, make_operator

SEARCH = "/admin/search/?extended=1&s="


def found(client: Visitor, term: str) -> str:
    return client.get(SEARCH + term).content.decode()


def test_every_cache_puts_the_schema_into_its_keys() -> None:
    for cache in settings.CACHES.values():
        assert cache["KEY_FUNCTION"] == "django_tenants.cache.make_key"
        assert cache["REVERSE_KEY_FUNCTION"] == "django_tenants.cache.reverse_key"


def test_the_same_operator_number_of_another_bank_finds_nothing_of_the_first(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    of_alpha = enter(alpha, "administrator", id=7001)
    of_beta = enter(beta, "administrator", id=7001)
    with tenant_context(alpha):
        make_operator("zephyrine")

    assert "Zephyrine" in found(of_alpha, "zephyr")
    assert "Zephyrine" not in found(of_beta, "zephyr")


def test_a_permission_taken_away_takes_its_results_away_at_once(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    client = enter(alpha, "administrator")
    with tenant_context(alpha):
        make_operator("zephyrine")
    assert "Zephyrine" in found(client, "zephyr")

    with tenant_context(alpha):
        client.operator.groups.clear()

    assert "Zephyrine" not in found(client, "zephyr")


def test_branch_staff_find_only_their_own_subtree(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    with tenant_context(alpha):
        head = make_branch("0001")
        own, other = make_branch("0100", head), make_branch("0200", head)
        make_branch("0101", own)
    client = enter(alpha, "branch", branch=own)

    text = found(client, "Branch")

    assert "Branch 0101" in text
    assert "Branch 0100" in text
    assert f"/admin/operators/branch/{other.pk}/" not in text


def test_only_listed_models_are_searched(alpha: Any, enter: Callable[..., Visitor]) -> None:
    listed = settings.UNFOLD_BANK["COMMAND"]["search_models"]

    assert isinstance(listed, list)
    assert "audit.auditevent" not in listed
