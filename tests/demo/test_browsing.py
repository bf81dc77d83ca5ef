from __future__ import annotations

import pytest

from demo.browsing import Browser, Page

FORM = """
<form action="/search/"><input name="q"></form>
<form method="POST" action="../save/">
  <input type="hidden" name="csrf" value="t&amp;k">
  <input type="checkbox" name="pinned"><input type="checkbox" name="must_read" checked>
  <select name="branch"><option value="">all</option><option value="7" selected>x</option></select>
  <textarea name="body">a &lt; b</textarea>
  <input type="submit" name="_save" value="Save"><input type="file" name="picture">
</form>
<a href="/one/">1</a><iframe src="/frame/?a=1&amp;b=2"></iframe><button hx-get="/ask/"></button>
"""


def page(text: str = FORM) -> Page:
    return Page(200, "/here/there/", {}, text)


def test_a_form_holds_what_a_browser_would_send() -> None:
    form = page().form("csrf", action="save")

    assert form.method == "post"
    assert form.fields == {"csrf": "t&k", "must_read": "on", "branch": "7", "body": "a < b"}
    assert form.boxes == {"pinned"}
    assert form.buttons == (("_save", "Save"),)


def test_boxes_of_one_name_are_sent_one_by_one_and_can_be_unticked() -> None:
    form = page(
        '<form><input type="checkbox" name="code" value="a" checked>'
        '<input type="checkbox" name="code" value="b" checked>'
        '<input type="checkbox" name="code" value="c"><input name="q" value="1"></form>'
    ).form("q")

    assert form.filled({}) == [("code", "a"), ("q", "1"), ("code", "b")]
    assert form.filled({"code": None}) == [("q", "1")]
    assert form.filled({"code": ["c", "a"]}) == [("q", "1"), ("code", "c"), ("code", "a")]


def test_a_page_names_the_first_thing_that_was_wrong() -> None:
    assert page('<ul class="errorlist" id="x"><li>Too &lt; short.</li></ul>').refusal() == (
        "Too < short."
    )
    assert page('<p class="fx-refusal" role="alert">Stale.</p>').refusal() == "Stale."
    assert page("<p>fine</p>").refusal() == ""


def test_a_form_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match="/here/there/ has no form"):
        page().form("password")


def test_a_field_that_the_form_has_not_is_refused() -> None:
    found = page()

    with pytest.raises(LookupError, match="titel"):
        Browser("x.localhost", 1).submit(found, found.form("csrf"), titel="typo")


def test_links_are_found_wherever_a_page_leads() -> None:
    assert page().links("/") == ["/one/", "/frame/?a=1&b=2", "/ask/"]


def test_cookies_are_kept_replaced_and_removed() -> None:
    browser = Browser("x.localhost", 1)

    browser._keep_cookies(["session=one; Path=/; HttpOnly", "csrf=two; Path=/"])
    browser._keep_cookies(['session=""; Max-Age=0; Path=/', "csrf=three; Path=/"])

    assert browser.cookies == {"csrf": "three"}
