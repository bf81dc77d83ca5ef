from __future__ import annotations

import pytest

from announcements.bodies import clean_body, editor_html, excerpt, plain_text, sanitise
from announcements.errors import BadContent


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("<p>Hello <strong>you</strong></p>", "<p>Hello <strong>you</strong></p>"),
        ("<div>a<br>b <del>c</del></div><h1>H</h1>", "<p>a<br>b <s>c</s></p><h2>H</h2>"),
        ('<p style="color:red" class="MsoNormal">x</p>', "<p>x</p>"),
        ("<p>x</p><div><br></div>", "<p>x</p>"),
        ("<div>x</div><div>y</div>", "<p>x</p><p>y</p>"),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
        ("&lt;script&gt;", "&lt;script&gt;"),
        (
            '<a href="https://x.cn/?a=1&amp;b=2" target="_blank">x</a>',
            '<a href="https://x.cn/?a=1&amp;b=2" rel="noopener noreferrer">x</a>',
        ),
    ],
)
def test_a_body_is_stored_tidied(raw: str, stored: str) -> None:
    assert clean_body(raw) == stored
    assert clean_body(stored) == stored
    assert clean_body(editor_html(stored)) == stored


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("<p>x</p><script>alert(1)</script>", "body_script"),
        ("<p>x</p><ScRiPt src=//x.cn>", "body_script"),
        ("<scr\0ipt>x", "body_script"),
        ('<p onclick="steal()">x</p>', "body_script"),
        ("<p/onmouseover=steal()>x</p>", "body_script"),
        ("<svg/onload=steal()>", "body_script"),
        ("<iframe src='https://x.cn'></iframe>x", "body_script"),
        ("<style>p{}</style>x", "body_script"),
        ("<form action='https://x.cn'><input></form>x", "body_script"),
        ("<a href='javascript:steal()'>x</a>", "body_script"),
        ("<a href='java&#10;script:steal()'>x</a>", "body_script"),
        ("<a href='&#106;avascript:steal()'>x</a>", "body_script"),
        ("<a href='data:text/html,x'>x</a>", "body_script"),
        ("<a href='http://x.cn'>x</a>", "body_link"),
        ("<a href='//x.cn'>x</a>", "body_link"),
        ("<img src='https://x.cn/a.png'>x", "body_picture"),
        ("", "body_empty"),
        ("<p> &nbsp;<br></p>", "body_empty"),
        ("x" * 10_001, "body_too_long"),
        (f"<p>{'<b></b>' * 20_000}x</p>", "body_too_long"),
    ],
)
def test_a_body_that_cannot_be_shown_is_refused_with_a_sentence(raw: str, code: str) -> None:
    with pytest.raises(BadContent) as refusal:
        clean_body(raw)

    assert (refusal.value.code_text, refusal.value.field) == (code, "body")
    assert str(refusal.value).endswith((".", "x.cn", "。"))


def test_the_editor_gets_paragraphs_in_its_own_words() -> None:
    body = "<p>a</p><p>b</p><blockquote><p>c</p><p>d</p></blockquote><p><s>e</s></p>"

    assert editor_html(body) == (
        "<div>a</div><div>b</div><blockquote>c<br>d</blockquote><div><del>e</del></div>"
    )


def test_what_goes_out_is_sanitised_again() -> None:
    assert sanitise("<p onclick=x>a<script>b</script><img src=x>") == "<p>a</p>"


def test_text_and_excerpt_carry_no_markup() -> None:
    body = "<p>One &amp; two</p><ul><li>three</li></ul>"

    assert plain_text(body) == "One & two three"
    assert excerpt(body, 9) == "One & tw…"
