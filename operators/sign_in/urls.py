from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from operators.sign_in import views


def sign_in_urls(site: AdminSite) -> list[URLPattern]:
    """The pages around signing in, for a site's ``get_urls``: they stand under its /admin/."""

    def inside(view: Callable[..., Any]) -> Callable[..., Any]:
        return site.admin_view(sensitive_post_parameters()(partial(view, site=site)))

    open_to_all = never_cache(sensitive_post_parameters()(partial(views.password_link, site=site)))
    factor = "account/second-factor/"
    return [
        path("password/<str:secret>/", open_to_all, name="password_link"),
        path(factor, inside(views.verify_second_factor), name="second_factor_verify"),
        path(f"{factor}setup/", inside(views.set_up_second_factor), name="second_factor_setup"),
        path(f"{factor}manage/", inside(views.second_factor_page), name="second_factor"),
        path(f"{factor}codes/", inside(views.renew_recovery_codes), name="recovery_codes"),
        path(f"{factor}remove/", inside(views.remove_second_factor), name="second_factor_remove"),
    ]
