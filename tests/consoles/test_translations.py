from __future__ import annotations

import os
import time
from pathlib import Path

import polib
import pytest
from django.utils.translation import gettext, override

from config.translations.catalogues import compile_stale
from config.translations.completeness import problems
from config.translations.extraction import Sentence, in_python, in_template

ROOT = Path(__file__).resolve().parents[2]


def texts(found: object) -> list[tuple[str, str, str]]:
    return [(each.context, each.text, each.plural) for each in found]  # type: ignore[attr-defined]


def test_every_sentence_has_its_chinese() -> None:
    assert list(problems(ROOT)) == []


def test_sentences_of_the_libraries_are_chinese_too() -> None:
    with override("zh-hans"):
        assert gettext("Reset filters") != "Reset filters"
        assert gettext("Please enter your OTP token.") != "Please enter your OTP token."
        assert gettext("Value could not be parsed.") != "Value could not be parsed."


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('from django.utils.translation import gettext as _\n_("A")', [("", "A", "")]),
        (
            'from django.utils.translation import gettext_lazy\ngettext_lazy("A" "B")',
            [("", "AB", "")],
        ),
        (
            'from django.utils.translation import ngettext\nngettext("A", "Bs", n)',
            [("", "A", "Bs")],
        ),
        ('from django.utils.translation import pgettext as p\np("c", "A")', [("c", "A", "")]),
        ("from django.utils.translation import gettext as _\n_(name)", []),
        ('def _(text): ...\n_("A")', []),
    ],
)
def test_sentences_are_found_in_python(source: str, found: list[tuple[str, str, str]]) -> None:
    assert texts(in_python(source, "x.py")) == found


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('{% load i18n %}{% translate "A" %}', [("", "A", "")]),
        ('{% load i18n %}{% trans "A" as word %}', [("", "A", "")]),
        ('{% load i18n %}{% translate "A" context "c" %}', [("c", "A", "")]),
        (
            "{% load i18n %}{% blocktranslate %}A {{ b }}{% endblocktranslate %}",
            [("", "A %(b)s", "")],
        ),
        ('{{ x|default:_("A") }}', [("", "A", "")]),
        (
            "{% load i18n %}{% blocktranslate count n=m %}A{% plural %}Bs{% endblocktranslate %}",
            [("", "A", "Bs")],
        ),
    ],
)
def test_sentences_are_found_in_templates(source: str, found: list[tuple[str, str, str]]) -> None:
    assert texts(in_template(source, "x.html")) == found


def test_a_sentence_knows_where_it_stands() -> None:
    source = '\nfrom django.utils.translation import gettext\ngettext("A")'

    assert list(in_python(source, "room/x.py")) == [Sentence("A", where="room/x.py:3")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "locale/zh_Hans/LC_MESSAGES"
    folder.mkdir(parents=True)
    (tmp_path / "config").mkdir()
    return tmp_path


def write(project: Path, *entries: polib.POEntry) -> Path:
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
    catalogue.extend(entries)
    path = project / "locale/zh_Hans/LC_MESSAGES/django.po"
    catalogue.save(str(path))
    return path


def test_missing_fuzzy_and_maimed_translations_are_told(project: Path) -> None:
    code = 'from django.utils.translation import gettext as _\n_("Lost")\n_("Empty")\n'
    (project / "config/x.py").write_text(code, encoding="utf-8")
    (project / "config/__init__.py").touch()
    write(
        project,
        polib.POEntry(msgid="Empty", msgstr=""),
        polib.POEntry(msgid="Guess", msgstr="猜", flags=["fuzzy"]),
        polib.POEntry(msgid="%(n)s rows", msgstr="很多行"),
    )

    told = [line.split(": ")[1] for line in problems(project)]

    assert told == ["not translated", "not translated", "fuzzy", "other placeholders"]


def test_catalogues_are_compiled_when_missing_or_older_and_only_then(project: Path) -> None:
    source = write(project, polib.POEntry(msgid="A", msgstr="甲"))
    folders = [project / "locale"]

    assert compile_stale(folders) == [source.with_suffix(".mo")]
    assert compile_stale(folders) == []

    later = time.time() + 5
    os.utime(source, (later, later))
    assert compile_stale(folders) == [source.with_suffix(".mo")]
    assert [path.suffix for path in source.parent.iterdir() if path.suffix == ".tmp"] == []
