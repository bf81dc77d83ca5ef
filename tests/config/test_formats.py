from __future__ import annotations

import pytest
from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils import translation


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_large_numbers_are_grouped_by_three(language: str) -> None:
    with translation.override(language):
        assert intcomma(1234567) == "1,234,567"
