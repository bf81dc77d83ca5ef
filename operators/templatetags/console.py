"""Where am I: the page's title, and the way back in words."""

from __future__ import annotations

from typing import Any

from django.template import Context, Library
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

register = Library()


@register.simple_tag(takes_context=True)
def page_trail(context: Context) -> dict[str, Any]:
    """Never through app index pages: operators know lists and rows, not apps."""
    opts, site = context.get("opts"), getattr(context.get("request"), "current_app", "admin")
    if context.get("cl") or opts is None:
        return {"parents": [], "here": context.get("title") or _("Workbench")}
    parents = [_list(site, opts)]
    original = context.get("original") or context.get("object")
    if original is None or isinstance(original, str):
        return {"parents": parents, "here": context.get("title")}
    here, title = str(original), str(context.get("title") or "")
    if title in {"", here}:
        return {"parents": parents, "here": here}
    return {"parents": [*parents, _row(site, opts, original)], "here": title}


def _list(site: str, opts: Any) -> dict[str, Any]:
    return {"title": opts.verbose_name_plural, "link": _address(site, opts, "changelist")}


def _row(site: str, opts: Any, row: Any) -> dict[str, Any]:
    return {"title": str(row), "link": _address(site, opts, "change", row.pk)}


def _address(site: str, opts: Any, page: str, *arguments: Any) -> str:
    try:
        return reverse(f"{site}:{opts.app_label}_{opts.model_name}_{page}", args=arguments)
    except NoReverseMatch:
        return reverse(f"{site}:index")
