"""The developers' site: plain pages for everybody, without sessions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from openapi_gateway import errors
from openapi_gateway.calls import Operation
from openapi_gateway.developers import pages
from openapi_gateway.developers.document import refusals_of
from openapi_gateway.developers.offered import as_stored
from openapi_gateway.developers.reference import anchor_of, groups
from openapi_gateway.replying import type_of
from openapi_gateway.routes import OPERATIONS
from tenants.hosts import host_of

View = Callable[..., HttpResponse]
POLICY = {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'"],
    "img-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}


def page(view: View) -> View:
    """?lang=… is remembered and leaves the address."""

    @require_safe
    @wraps(view)
    def shown(request: HttpRequest, **parts: Any) -> HttpResponse:
        wanted = request.GET.get("lang", "")
        if wanted in dict(settings.LANGUAGES):
            response: HttpResponse = HttpResponseRedirect(request.path)
            response.set_cookie(
                settings.LANGUAGE_COOKIE_NAME, wanted, max_age=settings.LANGUAGE_COOKIE_AGE,
                secure=settings.LANGUAGE_COOKIE_SECURE, httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
                samesite="Lax",
            )  # fmt: skip
            return response
        response = view(request, **parts)
        response._csp_config = POLICY  # type: ignore[attr-defined]
        response.headers["Vary"] = "Cookie"
        return response

    return shown


@page
def guide(request: HttpRequest, slug: str = "") -> HttpResponse:
    found = pages.GUIDES.get(slug)
    if found is None:
        raise Http404
    facts = {**found.facts(), **_neighbours(slug)}
    return _shown(request, found.template, here=slug or "start", guide=found, **facts)


@page
def reference(request: HttpRequest) -> HttpResponse:
    offered = groups(as_stored())
    return _shown(request, "developers/reference.html", here="reference", groups=offered)


@page
def problems(request: HttpRequest) -> HttpResponse:
    families: dict[str, list[errors.Problem]] = {}
    for each in errors.CATALOGUE.values():
        families.setdefault(".".join(each.code.split(".")[:-1]), []).append(each)
    return _shown(
        request, "developers/problems.html", here="problems",
        families=sorted(families.items(), key=_gateway_first), count=len(errors.CATALOGUE),
    )  # fmt: skip


@page
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    found = next((each for each in errors.CATALOGUE.values() if each.slug == slug), None)
    if found is None:
        raise Http404
    return _shown(
        request, "developers/problem.html", here="problems", problem=found, kind=type_of(found),
        calls=_refused_with(found.code),
    )  # fmt: skip


@page
def example(request: HttpRequest, name: str) -> HttpResponse:
    if name not in pages.FILES:
        raise Http404
    response = HttpResponse(pages.example(name), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _refused_with(code: str) -> list[tuple[str, Operation]]:
    """Empty: nearly every call can be."""
    found = [(anchor_of(each), each) for each in OPERATIONS if code in refusals_of(each)]
    return found if len(found) <= len(OPERATIONS) // 2 else []


def _gateway_first(family: tuple[str, list[errors.Problem]]) -> tuple[bool, str]:
    return not family[0].startswith("GW"), family[0]


def _neighbours(slug: str) -> dict[str, pages.Guide | None]:
    order = list(pages.GUIDES.values())
    place = order.index(pages.GUIDES[slug])
    return {
        "before": order[place - 1] if place else None,
        "after": order[place + 1] if place + 1 < len(order) else None,
    }


def _shown(request: HttpRequest, template: str, **facts: Any) -> HttpResponse:
    language = translation.get_language()
    return render(
        request, template,
        {
            **facts, "menu": pages.MENU, "is_chinese": language == settings.LANGUAGE_CODE,
            "other_language": ("en", "English") if language != "en" else ("zh-hans", "中文"),
            "environment": _("sandbox") if _is_sandbox(request) else "",
        },
    )  # fmt: skip


def _is_sandbox(request: HttpRequest) -> bool:
    return settings.OPEN_HOSTS.get(host_of(request)) == "sandbox"
