from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context
from openpyxl import load_workbook

from audit.models import AuditEvent
from openapi_gateway.metering.models import CallLog
from openapi_gateway.metering.storing import take_in
from openapi_gateway.metering.wire import Finished, Reader
from tests.consoles.visitor import Visitor
from tests.openapi_gateway.metering.entries import finished

# As the button of a dialog is pressed.
SENT = {"_form_submitted": "True"}
LOG = "/admin/gateway_metering/calllog/"
Fill = Callable[..., list[Finished]]


def call(bank: Any, minutes: int = 5, **changes: Any) -> Finished:
    at = timezone.now() - timedelta(minutes=minutes)
    return Finished(*finished(at, bank_id=getattr(bank, "pk", 0), **changes))


def logged(*calls: Finished) -> list[str]:
    take_in(calls, timezone.now())
    return [each.request_id for each in calls]


def listed(client: Visitor, query: str = "") -> list[str]:
    return [row.request_id for row in client.get(f"{LOG}?{query}").context["cl"].result_list]


def test_a_bank_sees_its_own_calls_and_nobody_else_s(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    own, other, nobody = logged(call(alpha), call(beta), call(None, app_id="app_claimed"))
    client = enter(alpha, "viewer")

    assert listed(client) == [own]
    assert listed(client, f"bank={beta.pk}") == [own]
    assert listed(client, f"q={other}") == []
    assert client.get(f"{LOG}{own}/change/").status_code == 200
    for foreign in (other, nobody):
        assert client.get(f"{LOG}{foreign}/change/").status_code == 404


def test_the_platform_sees_every_call(alpha: Any, beta: Any, enter: Callable[..., Visitor]) -> None:
    ids = logged(call(alpha, 3), call(beta, 2), call(None, 1))
    client = enter(None, "auditor")

    assert listed(client) == ids[::-1]
    assert listed(client, f"bank={beta.pk}") == [ids[1]]
    assert listed(client, "bank=0") == [ids[2]]
    assert client.get(f"{LOG}{ids[2]}/change/").status_code == 200


def test_calls_are_found_by_request_key_client_service_outcome_and_day(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    long_ago = 60 * 24 * 40
    ids = logged(
        call(alpha, 4, key_id="k_prd_bbbbbbbbbbbbbbbb"),
        call(alpha, 3, app_id="app_bbbbbbbbbbbbbbbb", service="liveness"),
        call(alpha, 2, status=429, code="GW.LIMIT.QUOTA"),
        call(alpha, 1, status=503, code="UP.TIMEOUT", environment="sandbox"),
        call(alpha, long_ago, service=""),
    )
    client = enter(alpha, "viewer")
    today = timezone.localdate()

    assert listed(client, f"q={ids[0]}") == [ids[0]]
    assert listed(client, "q=k_prd_bbbbbbbbbbbbbbbb") == [ids[0]]
    assert listed(client, "q=app_bbbbbbbbbbbbbbbb") == [ids[1]]
    assert listed(client, "client=app_bbbbbbbbbbbbbbbb") == [ids[1]]
    assert listed(client, "service=liveness") == [ids[1]]
    assert listed(client, "service=-") == [ids[4]]
    assert listed(client, "outcome=refused") == [ids[2]]
    assert listed(client, "outcome=failed") == [ids[3]]
    assert listed(client, "outcome=GW.LIMIT.QUOTA") == [ids[2]]
    assert listed(client, "outcome=ok&service=identity") == [ids[0]]
    assert listed(client, "environment=sandbox") == [ids[3]]
    assert listed(client, f"at_until={today - timedelta(days=30)}") == [ids[4]]
    assert listed(client, "q=req_nothing") == []


@pytest.mark.parametrize(
    "query",
    ["at_from=nonsense", "at_from=0001-01-01", "at_until=9999-12-31", "after=x.y", "after=1.%00",
     "bank=%00", "outcome=%00", "service=%00", "client=%0A", "q=%00%0A", "after=99999999999999.a"],
)  # fmt: skip
def test_nonsense_in_the_address_is_no_reason_to_stumble(
    alpha: Any, enter: Callable[..., Visitor], query: str
) -> None:
    logged(call(alpha))

    assert enter(alpha, "viewer").get(f"{LOG}?{query}").status_code == 200


def test_pages_follow_each_other_without_a_gap_or_a_repetition(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    at = timezone.now() - timedelta(days=3)
    same_moment = [Finished(*finished(at, bank_id=alpha.pk)) for _ in range(30)]
    # A month without calls lies between.
    older = [call(alpha, 60 * 24 * 45 + n) for n in range(25)]
    ids = logged(*same_moment, *older)
    client, seen, address = enter(alpha, "viewer"), [], LOG

    for _page in range(3):
        shown = client.get(address).context["cl"]
        assert shown.page.total == 55
        seen += [row.request_id for row in shown.result_list]
        address = f"{LOG}{shown.next_address}"

    assert shown.next_address == ""
    assert len(seen) == 55
    assert set(seen) == set(ids)


def test_addresses_and_subjects_are_masked_everywhere(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    (request_id,) = logged(call(alpha, subject="o_verysecretsubject"))
    client = enter(alpha, "maker")

    pages = [client.get(LOG), client.get(f"{LOG}{request_id}/change/"), exported(client, "csv")]

    for page in pages:
        text = b"".join(page) if page.streaming else page.content
        assert b"203.0.113.*" in text
        assert b"203.0.113.77" not in text
        assert b"verysecretsubject" not in text


def test_a_refused_call_shows_what_the_error_catalogue_says_and_where_it_ended(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    (request_id,) = logged(call(alpha, status=403, code="GW.SCOPE.DENIED"))

    answer = enter(alpha, "viewer").get(f"{LOG}{request_id}/change/")

    assert answer.context["problem"].code == "GW.SCOPE.DENIED"
    kinds = [step.kind for step in answer.context["steps"]]
    assert kinds == ["success", "success", "success", "danger", "", "", "", "danger"]


def test_what_an_unknown_caller_claims_does_no_harm(
    alpha: Any, enter: Callable[..., Visitor]
) -> None:
    entry = finished(
        timezone.now(), bank_id=0, app_id="<b>x\r\nFAKE", key_id="=cmd|'/c'!A1", status=401,
        code="GW.KEY.UNKNOWN",
    )  # fmt: skip
    reader = Reader(timezone.now())
    reader.read("1-1", {b"b": msgspec.json.encode([entry])})
    logged(*reader.batch.finished.values())
    client = enter(None, "operator")

    page = client.get(LOG).content.decode()
    file = b"".join(exported(client, "csv")).decode("utf-8-sig")

    assert "<b>x" not in page
    assert len(file.strip().splitlines()) == 2
    assert "'=cmd" in file


def test_an_export_is_what_the_list_shows_and_is_recorded(
    alpha: Any, beta: Any, enter: Callable[..., Visitor]
) -> None:
    own, _refused, _foreign = logged(
        call(alpha), call(alpha, status=422, code="GW.IDEM.REUSED"), call(beta)
    )
    client = enter(alpha, "maker")

    sheet = load_workbook(io.BytesIO(b"".join(exported(client, "xlsx", "outcome=ok")))).active

    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert [row[1] for row in rows[1:]] == [own]
    with tenant_context(alpha):
        event = AuditEvent.objects.get(event="gateway_metering.log_exported")
    assert event.after == {"format": "xlsx", "rows": 1, "query": "outcome=ok"}


def exported(client: Visitor, file_format: str, query: str = "") -> Any:
    answer = client.post(f"{LOG}export/?{query}", {"file_format": file_format, **SENT}, follow=True)
    assert answer.status_code == 200, answer
    assert answer["Content-Disposition"].startswith("attachment")
    return answer


def test_who_may_not_export_gets_no_file(alpha: Any, enter: Callable[..., Visitor]) -> None:
    logged(call(alpha))
    client, allowed = enter(alpha, "viewer"), enter(alpha, "maker", username="maker")

    assert client.post(f"{LOG}export/", {"file_format": "csv", **SENT}).status_code == 403
    ticket = allowed.post(f"{LOG}export/", {"file_format": "csv", **SENT})["Location"]
    # Of somebody else's dialog.
    assert client.get(ticket).status_code == 403
    assert CallLog.objects.count() == 1


def test_branch_staff_see_no_calls(alpha: Any, enter: Callable[..., Visitor]) -> None:
    client = enter(alpha, "branch")

    for page in (LOG, "/admin/gateway/overview/", "/admin/gateway/usage/"):
        assert client.get(page).status_code == 403
