from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from announcements.reading import export_unread, unread_page
from audit.models import AuditEvent
from operators.errors import NotAllowed


def test_names_are_for_those_who_may_see_them_in_their_own_branch(
    viewer: Any, northerner: Any, south: Any, north: Any
) -> None:
    refused = [(viewer, ""), (viewer, north.path), (northerner, south.path), (northerner, "")]
    uid = uuid4()

    for actor, path in refused:
        with pytest.raises(NotAllowed):
            unread_page(actor=actor, announcement_uid=uid, branch_path=path)
        with pytest.raises(NotAllowed):
            export_unread(actor=actor, announcement_uid=uid, title="x", branch_path=path)

    assert not AuditEvent.objects.exists()
    page = unread_page(actor=northerner, announcement_uid=uid, branch_path=north.path)
    assert (page.customers, page.next_after) == ([], "")
