from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.models import Request
from audit.models import AuditEvent
from coupons import events
from coupons.choices import GrantReason, GrantState
from coupons.forms.grants import BY_LIST, BY_RULE
from coupons.grants import services
from coupons.models import Grant, GrantRecipient
from customers.models import Customer
from intake.models import Job
from intake.running import run_job
from tests.approvals.people import make_operator, sign_in
from tests.coupons.making import live_template, people, stock
from tests.coupons.reviewing import approve
from tests.coupons.test_grants import customers, drafted, given

LIST = "/admin/coupons/grant/"


def page(grant: Grant, more: str = "change/") -> str:
    return f"{LIST}{grant.pk}/{more}"


def typed(template: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "June thanks", "template": template.pk, "reason": GrantReason.TARGETED,
        "explanation": "", "per_customer": 1, "to_whom": BY_LIST, "numbers": "", **more,
    }  # fmt: skip


def test_a_maker_drafts_a_grant_for_typed_customers_and_submits_it(bank: Any) -> None:
    template = live_template()
    stock(template, 5)
    customers("C1", "C2")
    client = sign_in(people()[0])

    client.post(f"{LIST}add/", typed(template, numbers="C1, C2", per_customer=2))
    grant = Grant.objects.get()
    client.post(page(grant, "submit/"), {"_form_submitted": "on", "note": "as agreed"})

    assert (grant.recipients, grant.per_customer) == (2, 2)
    request = Request.objects.get(kind=services.GRANT)
    assert (request.payload["count"], request.note) == (4, "as agreed")
    assert "4 coupons" in client.get(f"/admin/approvals/request/{request.pk}/change/").text


def test_a_list_comes_as_a_file_and_its_bad_rows_are_named_on_the_form(bank: Any) -> None:
    template = live_template()
    customers("C1")
    client = sign_in(people()[0])
    bad = SimpleUploadedFile("list.csv", "客户号\nC1\nNOBODY\n".encode())
    good = SimpleUploadedFile("list.csv", "客户号\nC1\n".encode("gb18030"))

    refused = client.post(f"{LIST}add/", typed(template, file=bad))
    client.post(f"{LIST}add/", typed(template, file=good))

    assert "row 3: there is no customer NOBODY" in refused.text
    assert list(GrantRecipient.objects.values_list("customer_number", flat=True)) == ["C1"]


def test_a_rule_must_say_something(bank: Any) -> None:
    template = live_template()
    client = sign_in(people()[0])

    refused = client.post(f"{LIST}add/", typed(template, to_whom=BY_RULE))
    client.post(f"{LIST}add/", typed(template, to_whom=BY_RULE) | {"audience-groups_any": ["loan"]})

    assert "choose at least one condition" in refused.text
    assert Grant.objects.get().audience["all"][0]["values"] == ["loan"]


def test_a_compensation_without_explanation_is_refused_on_the_form(bank: Any) -> None:
    template = live_template()
    customers("C1")
    answer = sign_in(people()[0]).post(
        f"{LIST}add/", typed(template, numbers="C1", reason=GrantReason.COMPENSATION)
    )

    assert "Explain what happened" in answer.text
    assert not Grant.objects.exists()


def test_before_a_template_is_chosen_the_preview_only_says_what_to_do(bank: Any) -> None:
    client = sign_in(people()[0])

    told = client.post(f"{LIST}preview/", {"name": "June thanks"}).text

    assert "Choose a template" in told
    assert "required" not in told


def test_the_preview_tells_count_cost_and_what_is_missing(bank: Any) -> None:
    template = live_template()
    stock(template, 3)
    customers("C1", "C2")
    client = sign_in(people()[0])

    told = client.post(f"{LIST}preview/", typed(template, numbers="C1 C2", per_customer=2)).text
    wrong = client.post(f"{LIST}preview/", typed(template, numbers="C1 NOBODY")).text

    assert "<dd>4</dd>" in told
    assert "<dd>20.00</dd>" in told
    assert "1 coupon is missing" in told
    assert "NOBODY" in wrong
    assert not Grant.objects.exists()


def test_editing_keeps_the_list_that_is_shown(bank: Any) -> None:
    template = live_template()
    grant = drafted(template, customers("C1", "C2"))
    client = sign_in(people()[0])

    assert "C1\nC2" in client.get(page(grant)).text.replace("\r", "")
    client.post(page(grant), typed(template, numbers="C2", name="Only one"))

    grant.refresh_from_db()
    assert (grant.name, grant.recipients) == ("Only one", 1)


def test_results_are_shown_page_by_page_and_as_an_audited_file(bank: Any) -> None:
    template = live_template()
    stock(template, 2)
    grant = given(template, customers("FIRST-1", "SECOND-2"))
    client = sign_in(people()[0])

    shown = client.get(page(grant, "recipients/?state=granted&number=SECOND-2")).text
    file = client.get(page(grant, "results.csv"))
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()

    assert "SECOND-2" in shown
    assert "FIRST-1" not in shown
    assert len(lines) == 3
    assert lines[1].startswith("FIRST-1,1,")
    assert AuditEvent.objects.get(event=events.EXPORTED).after == {"rows": 2}


@pytest.mark.parametrize("state", [GrantState.IN_REVIEW, GrantState.RUNNING, GrantState.DONE])
def test_only_a_draft_has_a_form(bank: Any, state: GrantState) -> None:
    grant = drafted(live_template(), customers("C1"))
    Grant.objects.filter(pk=grant.pk).update(state=state)
    client = sign_in(people()[0])

    shown = client.get(page(grant))
    changed = client.post(page(grant), typed(grant.template, numbers="C1", name="Other"))

    assert shown.status_code == 200
    assert 'name="numbers"' not in shown.text
    assert changed.status_code == 403
    grant.refresh_from_db()
    assert grant.name == "June thanks"


def test_a_maker_withdraws_what_waits_for_review(bank: Any) -> None:
    template = live_template()
    stock(template, 2)
    grant = drafted(template, customers("C1"))
    services.submit_grant(actor=people()[0], grant_id=grant.pk)

    sign_in(people()[0]).post(page(grant, "withdraw-review/"), {"_form_submitted": "on"})

    grant.refresh_from_db()
    assert grant.state == GrantState.DRAFT


def test_each_role_sees_and_does_what_is_its_own(bank: Any) -> None:
    template = live_template()
    grant = drafted(template, customers("C1"))
    statuses = {}
    for role in ("viewer", "checker", "branch", "maker"):
        client = sign_in(make_operator(f"p-{role}", role))
        statuses[role] = [
            client.get(page(grant)).status_code,
            client.get(f"{LIST}add/").status_code,
            client.post(f"{LIST}preview/", typed(template, numbers="C1")).status_code,
            client.get(page(grant, "results.csv")).status_code,
        ]
    assert statuses == {
        "viewer": [200, 403, 403, 403],
        "checker": [200, 403, 403, 200],
        "branch": [403, 403, 403, 403],
        "maker": [200, 200, 200, 200],
    }


def test_a_bank_does_not_see_another_s_grants(bank: Any, beta: Any) -> None:
    from django_tenants.utils import tenant_context

    grant = drafted(live_template(), customers("C1"))
    with tenant_context(beta):
        stranger = make_operator("stranger", "maker", "checker")
        client = sign_in(stranger, "beta.localhost")
        answers = [client.get(page(grant, each)) for each in ("recipients/", "results.csv")]

    assert [answer.status_code for answer in answers] == [404, 404]


def test_the_job_tells_what_it_has_done(bank: Any) -> None:
    template = live_template()
    stock(template, 2)
    grant = drafted(template, customers("C1"))
    approve(services.submit_grant(actor=people()[0], grant_id=grant.pk))
    job = Job.objects.get(kind=services.JOB)
    run_job(job.pk)

    shown = sign_in(people()[1]).get(f"/admin/intake/job/{job.pk}/change/").text

    assert page(grant) in shown
    assert Customer.objects.filter(number="C1").exists()
