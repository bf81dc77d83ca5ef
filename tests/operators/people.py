from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from operators.models import Branch, Operator

PASSWORD = "Right-horse-7"


def make_operator(username: str, *roles: str, **fields: Any) -> Operator:
    password = fields.pop("password", PASSWORD)
    operator = Operator.objects.create_user(
        username, password, **{"name": username.title(), **fields}
    )
    operator.groups.set(Group.objects.filter(name__in=roles))
    assert operator.groups.count() == len(roles)
    return operator


def make_branch(code: str, parent: Branch | None = None) -> Branch:
    fields = {"code": code, "name": f"Branch {code}", "name_key": code}
    return parent.add_child(**fields) if parent else Branch.add_root(**fields)


def fresh(operator: Operator) -> Operator:
    return Operator.objects.get(pk=operator.pk)
