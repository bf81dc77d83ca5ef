"""The tour's steps about the open platform: a bank applies, two people of the platform decide."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

from demo.browsing import Filling, Page
from demo.gateway import RISK_ASSESSMENT, risk_assessment
from demo.guide import GATEWAY_BANK, Tour, say
from demo.stage import Console, check

CLIENT = "智慧校园缴费（导览）"
APPLICATIONS, GRANTS = "gateway_access/application", "gateway_access/grant"
SCOPES = {
    "identity": ("identity.login", "identity.introspect", "identity.profile", "identity.phone"),
    "liveness": ("liveness.check",),
    "keyboard": ("keyboard.translate", "keyboard.verify"),
}
MENDED = "家长用手机银行身份登录校园小程序缴费；手机号仅用于核对，展示后不保存。"
CALLS_COME_FROM = "203.0.113.16/28"


def apply(tour: Tour) -> None:
    """A bank's maker registers a client and applies for identity, liveness and keyboard"""
    maker = tour.console(GATEWAY_BANK, "maker")
    page = maker.open("/admin/gateway_credentials/client/add/")
    form = page.form("name", "summary", "origins")
    saved = maker.browser.submit(page, form, name=CLIENT, summary="家长缴费", origins="")
    check("/add/" not in saved.address, f"the client was not registered: {saved.refusal()}")
    page = maker.find("gateway_credentials/client", CLIENT)
    tour.notes["client"] = page.address
    tour.notes["app_id"] = _found(r"app_[a-z2-7]{16}", page)
    draft = _draft(maker, tour)
    _submit(maker, draft)
    lacking = maker.open(draft.address)
    check(lacking.links("/attach/") or "/attach/" in lacking.text, "it left without its assessment")
    check(not _listed(tour), "the platform sees a draft")
    say("A2 without a risk assessment is not submitted; the platform does not see it yet")
    _attach(maker, lacking)
    _submit(maker, maker.open(draft.address))
    check(_listed(tour), "the platform does not see it")
    say(f"client {tour.notes['app_id']}: applied for {'、'.join(SCOPES)}, with a risk assessment")


def _draft(maker: Console, tour: Tour) -> Page:
    page = maker.open(f"/admin/{APPLICATIONS}/add/")
    form = page.form("purpose", "starts_on", "callback_urls_sandbox")
    client = re.search(rf'<option value="(\d+)"[^>]*>\s*{CLIENT}', page.text)
    check(client, f"the form does not offer {CLIENT}")
    assert client is not None
    values: dict[str, Filling] = {
        "client": client[1], "purpose": "家长用手机银行身份登录校园小程序缴费。",
        "scenes": "登录\n缴费前刷脸\n缴费密码", "data_levels": ["C2", "C3"],
        "addresses_production": CALLS_COME_FROM,
        "callback_urls_sandbox": tour.receiver.address,
    }  # fmt: skip
    for service, scopes in SCOPES.items():
        values[f"services-{service}-plan"] = _plan(page, service)
        values[f"services-{service}-scopes"] = scopes
    for role in ("technical", "security"):
        values[f"contacts-{role}-name"] = "演示联系人"
        values[f"contacts-{role}-phone"] = "0731-00000000"
        values[f"contacts-{role}-email"] = f"{role}@example.com"
    saved = maker.browser.submit(page, form, **values)
    check("/add/" not in saved.address, f"the draft was not saved: {saved.refusal()}")
    return saved


def _plan(page: Page, service: str) -> str:
    """The second one: standard."""
    found = re.search(rf'name="services-{service}-plan">(.*?)</select>', page.text, re.DOTALL)
    check(found, f"{service} is not offered")
    assert found is not None
    return re.findall(r'<option value="(\d+)"', found[1])[1]


def _attach(maker: Console, page: Page) -> None:
    form = page.form(action="/attach/")
    fields = {**form.fields, "is_risk_assessment": "on"}
    done = maker.browser.upload(
        form.action, fields, RISK_ASSESSMENT, risk_assessment("guided tour")
    )
    check(RISK_ASSESSMENT in done.text, "the file is not attached")


def _submit(maker: Console, page: Page) -> None:
    maker.answer(page, "submit")


def _listed(tour: Tour) -> bool:
    page = tour.console("console", "tech_reviewer").open(f"/admin/{APPLICATIONS}/?q={CLIENT}")
    return bool(page.links("/change/")) and CLIENT in page.text


# --- the review -----------------------------------------------------------------------------------
def review(tour: Tour) -> None:
    """It is returned once with a comment, mended, and approved by two people; one is not enough"""
    technical = tour.console("console", "tech_reviewer")
    page = technical.find(APPLICATIONS, CLIENT, "waiting")
    page = technical.answer(page, "take-up")
    asked = "请说明手机号的用途和保存期限。"
    _decide(technical, page, "technical", "returned", asked)
    _mend(tour, asked)
    page = technical.answer(technical.find(APPLICATIONS, CLIENT, "waiting"), "take-up")
    check('class="fx-after"' in page.text, "the reviewer is not shown what changed")
    _decide(technical, page, "technical", "approved", "")
    _try_the_other_review(technical, page)
    check(not _grant_links(tour), "one approval opened the grant")
    compliance = tour.console("console", "compliance_reviewer")
    page = compliance.find(APPLICATIONS, CLIENT, "waiting")
    _decide(compliance, page, "compliance", "approved", "风险评估完整，数据级别与用途相符。")
    check(_grant_links(tour), "two approvals opened no grant")
    say("approved by a technical and a compliance reviewer: the grant is open in the sandbox")


def _decide(person: Console, page: Page, step: str, verdict: str, comment: str) -> None:
    form = next(
        (each for each in page.forms() if each.fields.get("step") == step), None
    )  # fmt: skip
    check(form, f"{person.username} is not offered the {step} review")
    assert form is not None
    person.browser.submit(page, form, verdict=verdict, comment=comment)


def _mend(tour: Tour, asked: str) -> None:
    maker = tour.console(GATEWAY_BANK, "maker")
    page = maker.find(APPLICATIONS, CLIENT)
    check(asked in page.text, "the bank does not read why it was returned")
    form = page.form("purpose", "opened_version")
    saved = maker.browser.submit(page, form, purpose=MENDED)
    check(not saved.refusal(), f"the mended application was not saved: {saved.refusal()}")
    _submit(maker, maker.find(APPLICATIONS, CLIENT))
    say(f"returned: “{asked}” The bank mends it and submits again")


def _try_the_other_review(person: Console, page: Page) -> None:
    """By a request made by hand: the page does not offer it."""
    again = person.open(page.address)
    forms = [each for each in again.forms() if "/decide/" in each.action]
    check(not forms, "one person is offered both reviews")
    token = again.form("csrfmiddlewaretoken").fields["csrfmiddlewaretoken"]
    address = f"{page.address.partition('change/')[0]}decide/"
    answer = person.browser.post(
        address,
        {"csrfmiddlewaretoken": token, "step": "compliance", "verdict": "approved", "comment": ""},
    )
    say(f"the same person tries the other review by hand: {_refused(answer)}")


def _refused(page: Page) -> str:
    if page.status in (403, 409):
        return str(page.status)
    found = re.search(r"bg-red-100 text-red-700[^>]*>\s*([^<]*[^<\s])\s*<", page.text)
    check(found, f"it was taken: {page.status} at {page.address}")
    assert found is not None
    return unescape(found[1])


def _grant_links(tour: Tour) -> list[str]:
    page = tour.console(GATEWAY_BANK, "maker").open(f"/admin/{GRANTS}/?q={CLIENT}")
    return [link for link in page.links("/change/") if f"/admin/{GRANTS}/" in link]


# --- production -----------------------------------------------------------------------------------
def open_production(tour: Tour) -> None:
    """The bank asks for production, which a passed suite allows; the technical reviewer opens it"""
    maker, technical = (
        tour.console(GATEWAY_BANK, "maker"), tour.console("console", "tech_reviewer")
    )  # fmt: skip
    maker.press(maker.find(GRANTS, CLIENT), "ask-production", note="一致性测试已通过")
    technical.press(technical.find(GRANTS, CLIENT), "open-production", note="同意")
    page = maker.find(GRANTS, CLIENT)
    check(not page.links("/ask-production/"), "production is not open")
    say(f"open: calls are admitted from {CALLS_COME_FROM}, as applied for, and from nowhere else")


def _found(pattern: str, page: Page) -> str:
    found = re.search(pattern, page.text)
    check(found, f"{page.address} shows no {pattern}")
    assert found is not None
    return unescape(found[0])


STEPS: list[Callable[[Tour], None]] = [apply, review]
