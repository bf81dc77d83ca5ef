"""The phone preview. The inner pages alone may stand in a frame, and only in one of our own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from mobile.preview.choices import read_choices
from mobile.preview.coupons import coupon_context
from mobile.preview.desk import desk_context
from mobile.preview.pages import draw
from mobile.preview.proposals import NothingToPreview
from mobile.preview.scenes import Scene, build_scene
from mobile.preview.screens import base_context, home_context

if TYPE_CHECKING:
    from operators.models import Operator
    from tenants.models import Bank
    from tenants.platform import Platform

# Whoever may look at any of what customers see may look at it as they do.
PERMISSIONS = (
    "announcements.view_announcement", "announcements_ads.view_ad", "coupons.view_coupontemplate",
    "fuxiang_zone.view_zoneproduct", "campaigns.view_campaign",
)  # fmt: skip
View = Callable[[HttpRequest], HttpResponse]


def for_operators(view: View) -> View:
    """Signed in, and allowed to see content; everybody else is sent to sign in or refused."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not any(map(request.user.has_perm, PERMISSIONS)):
            raise PermissionDenied
        return view(request)

    return guarded


def in_our_own_frames(view: View) -> Callable[[HttpRequest], HttpResponseBase]:
    only_ours = csp_replace({"frame-ancestors": ["'self'"]})
    return xframe_options_sameorigin(only_ours(view))


@never_cache
@require_safe
@for_operators
def preview(request: HttpRequest) -> HttpResponse:
    """The phone, the choices, and why what does not show does not."""
    return render(request, "mobile/preview.html", _desk(request))


@never_cache
@require_safe
@in_our_own_frames
@for_operators
def desk(request: HttpRequest) -> HttpResponse:
    """The same, narrow: it stands beside a change under review."""
    return render(request, "mobile/desk.html", {**_desk(request), "is_narrow": True})


@never_cache
@require_safe
@in_our_own_frames
@for_operators
def frame(request: HttpRequest) -> HttpResponse:
    """The screen of the phone itself, in the customers' language."""
    with translation.override("zh-hans"):
        scene = _scene(request)
        drawn = draw(scene, request.user.has_perm)
        if drawn is not None:
            template, context, status = drawn
            return render(request, template, context, status=status)
        _page, opened = scene.page
        if not opened and scene.is_coupon and not scene.choices.page:
            return render(request, "mobile/coupon.html", coupon_context(scene))
        if not opened:
            return render(request, "mobile/home.html", home_context(scene))
        detail = scene.detail(opened)
        context = {**base_context(scene), "item": detail}
        return render(request, "mobile/announcement.html", context, status=200 if detail else 404)


def _desk(request: HttpRequest) -> dict[str, Any]:
    scene = _scene(request)
    return {
        **desk_context(scene, _owner(request), _operator(request)),
        "is_demo": settings.EMBEDDED,
        "is_open": request.GET.get("open") == "1",
    }


def _scene(request: HttpRequest) -> Scene:
    operator, now = _operator(request), timezone.now().replace(microsecond=0)
    choices = read_choices(request.GET, operator, now)
    try:
        return build_scene(_owner(request), choices, operator=operator, now=now)
    except NothingToPreview:
        raise Http404 from None


def _owner(request: HttpRequest) -> Bank | Platform:
    return request.tenant  # type: ignore[attr-defined]


def _operator(request: HttpRequest) -> Operator:
    return request.user  # type: ignore[return-value]
