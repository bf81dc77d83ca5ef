"""The phone preview. The inner page alone may stand in a frame, and only in one of our own."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from mobile.catalogue import skins
from mobile.preview.choices import Choices, read_choices
from mobile.preview.scenes import NothingToPreview, Scene, build_scene
from operators.models import Branch

if TYPE_CHECKING:
    from tenants.models import Bank
    from tenants.platform import Platform

PERMISSION = "announcements.view_announcement"
AT_HAND = frozenset({"balance", "details", "transfer", "scan_pay"})
View = Callable[[HttpRequest], HttpResponse]


def for_operators(view: View) -> View:
    """Signed in, and allowed to see announcements; everybody else is sent to sign in or refused."""

    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        return view(request)

    return guarded


@never_cache
@require_safe
@for_operators
def preview(request: HttpRequest) -> HttpResponse:
    """The phone with the choices beside it."""
    choices = read_choices(request.GET, request.user)  # type: ignore[arg-type]
    scene = _scene(request, choices)
    owner = _owner(request)
    context = {
        "choices": choices,
        "scene": scene,
        "owner": owner,
        "is_demo": settings.EMBEDDED,
        "branches": [] if owner.is_platform else Branch.objects.visible_to(request.user),  # type: ignore[arg-type]
        "skins": list(skins().values()) if owner.is_platform else [],
        "frame_query": choices.query(),
        "at_value": timezone.localtime(choices.at).strftime("%Y-%m-%dT%H:%M")
        if choices.at is not None
        else "",
    }
    return render(request, "mobile/preview.html", context)


@never_cache
@require_safe
@xframe_options_sameorigin
@csp_replace({"frame-ancestors": ["'self'"]})
@for_operators
def frame(request: HttpRequest) -> HttpResponse:
    """The screen of the phone itself, in the customers' language."""
    choices = read_choices(request.GET, request.user)  # type: ignore[arg-type]
    with translation.override("zh-hans"):
        scene = _scene(request, choices)
        if choices.item is None:
            return render(request, "mobile/home.html", _home_context(scene, choices))
        detail = scene.detail(str(choices.item))
        context = {**_context(scene, choices), "item": detail}
        return render(request, "mobile/announcement.html", context, status=200 if detail else 404)


def _owner(request: HttpRequest) -> Bank | Platform:
    return request.tenant  # type: ignore[attr-defined]


def _scene(request: HttpRequest, choices: Choices) -> Scene:
    try:
        return build_scene(
            _owner(request),
            choices,
            operator=request.user,  # type: ignore[arg-type]
            now=timezone.now().replace(microsecond=0),
        )
    except NothingToPreview:
        raise Http404 from None


def _context(scene: Scene, choices: Choices) -> dict[str, Any]:
    local = timezone.localtime(scene.at)
    return {
        "scene": scene,
        "home": scene.home,
        "is_senior": choices.mode == "senior",
        "clock": local.strftime("%H:%M"),
        "as_of": local.strftime("%Y-%m-%d %H:%M") if scene.is_elsewhen else "",
        "home_link": f"?{choices.query(item=None, aside=True)}",
    }


def _home_context(scene: Scene, choices: Choices) -> dict[str, Any]:
    other = "standard" if choices.mode == "senior" else "senior"
    quick, grid = _arranged(scene.home["functions"], choices.mode)
    must_read = None if choices.aside else scene.must_read
    return {
        **_context(scene, choices),
        "here": f"?{choices.query()}",
        "aside_link": f"?{choices.query(aside=True)}",
        "other_mode_link": f"?{choices.query(mode=other)}",
        "quick": quick,
        "grid": grid,
        "announcements": [
            {**item, "link": f"?{choices.query(item=item['id'])}"}
            for item in scene.home["announcements"]
        ],
        "must_read": must_read,
        "must_read_link": f"?{choices.query(item=must_read['id'])}" if must_read else "",
    }


def _arranged(functions: list[Any], mode: str) -> tuple[list[Any], list[Any]]:
    """The four at the top and those in the grid; senior mode has a few large ones instead."""
    if mode == "senior":
        return [], functions[:8]
    quick = [function for function in functions if function["code"] in AT_HAND]
    return quick, [function for function in functions if function not in quick][:9]
