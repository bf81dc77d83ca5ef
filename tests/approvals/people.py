"""The cast of a bank (or of the platform), and content for them to work on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from announcements.models import Announcement
from approvals import registry
from operators.models import Branch, Operator
from publishing import services as publishing

PASSWORD = "Correct-horse-7"


def make_operator(username: str, *roles: str, branch: Branch | None = None) -> Operator:
    operator = Operator.objects.create_user(username, PASSWORD, name=username, branch=branch)
    operator.groups.set(Group.objects.filter(name__in=roles))
    assert operator.groups.count() == len(roles)
    return operator


def make_draft(
    owner: Operator,
    title: str = "Maintenance tonight",
    *,
    body: str = "<p>The mobile bank rests from 1 to 3.</p>",
    branch: Branch | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    **fields: Any,
) -> Announcement:
    draft = Announcement(
        title=title,
        body=body,
        branch=branch,
        starts_at=starts_at or timezone.now() - timedelta(minutes=1),
        ends_at=ends_at,
        **fields,
    )
    publishing.draft_begun(actor=owner, draft=draft)
    draft.save()
    return draft


def edit_draft(actor: Operator, draft: Announcement, **changes: Any) -> Announcement:
    for name, value in changes.items():
        setattr(draft, name, value)
    publishing.draft_edited(actor=actor, draft=draft)
    draft.save()
    return draft


def publish(maker: Operator, checker: Operator, draft: Announcement, **times: Any) -> Any:
    from approvals.services import approve_request

    draft.refresh_from_db()
    request = publishing.submit_for_review(actor=maker, draft=draft, **times)
    asked = registry.get(request.kind).confirmations(request)
    confirmed = [each.key for each in asked]
    return approve_request(actor=checker, request_id=request.pk, confirmed=confirmed, **times)


def sign_in(operator: Operator, host: str = "alpha.localhost") -> Client:
    client = Client(HTTP_HOST=host)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    client.force_login(operator)
    return client


def empower(operator: Operator, *codenames: str) -> Operator:
    """Permissions that none of the operator's roles brings."""
    group = Group.objects.create(name=f"{operator.username}'s own")
    group.permissions.set(Permission.objects.filter(codename__in=codenames))
    operator.groups.add(group)
    return Operator.objects.get(pk=operator.pk)
