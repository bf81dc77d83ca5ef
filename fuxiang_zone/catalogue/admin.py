from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from fuxiang_zone.catalogue import (  # noqa: F401  (registers pages)
    admin_adoption,
    admin_applications,
    admin_bank,
    admin_types,
)
from fuxiang_zone.catalogue.choices import Feature
from fuxiang_zone.catalogue.exceeding import published_above_caps
from fuxiang_zone.catalogue.models import Activation, RateCap
from fuxiang_zone.catalogue.services import deactivate_type, save_rate_cap
from operators.admin_base import ModelAdmin, ReasonForm, action
from operators.sites import platform_site

MOST_NAMED = 5


@admin.register(Activation, site=platform_site)
class ActivationAdmin(ModelAdmin):
    """To read: a bank opens a type through a service."""

    list_display = ("bank", "product_type", "activated_at", "is_demo")
    list_filter = ("product_type", "bank__prefecture", "activated_at")
    list_select_related = ("bank", "product_type")
    search_fields = ("bank__name", "bank__slug", "bank__name_key", "product_type__name")
    fields = readonly_fields = ("bank", "product_type", "activated_at", "is_demo")
    actions_detail = ("close_for_bank",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_close_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return super().has_change_permission(request)

    @action(
        description=_("Close for this bank"), permissions=["close"], form_class=ReasonForm,
        explanation=_(
            "The bank can publish nothing of this type any more. Its published products must be "
            "withdrawn first."
        ),
        icon="block", variant="danger", url_path="close-for-bank",
    )  # fmt: skip
    def close_for_bank(self, request: HttpRequest, form: Any, object_id: Any) -> None:
        activation = Activation.objects.select_related("bank", "product_type").get(pk=object_id)
        deactivate_type(
            actor=request.user,  # type: ignore[arg-type]
            product_type=activation.product_type, bank=activation.bank,
            reason=form.cleaned_data["reason"],
        )  # fmt: skip


@admin.register(RateCap, site=platform_site)
class RateCapAdmin(ModelAdmin):
    list_display = ("product_type", "term", "unit", "rate", "from_date")
    list_filter = ("product_type", "unit")
    list_select_related = ("product_type",)
    fields = ("product_type", "term", "unit", "rate", "from_date")
    empty_hint = _(
        "No caps yet: banks set their rates freely. A cap of a term also holds for longer terms "
        "up to the next one."
    )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        types = db_field.remote_field.model.objects
        kwargs["queryset"] = types.filter(features__contains=[Feature.RATES])
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_through(self, request: HttpRequest, obj: RateCap, form: Any, change: bool) -> None:
        save_rate_cap(actor=request.user, cap=obj)  # type: ignore[arg-type]
        begins = timezone.make_aware(datetime.combine(obj.from_date, time.min))
        above = published_above_caps(obj.product_type, max(begins, timezone.now()))
        if above:
            messages.warning(request, _above_words(above))


def _above_words(above: list[str]) -> str:
    named, more = above[:MOST_NAMED], len(above) - MOST_NAMED
    if more > 0:
        named.append(gettext("and %(count)s more.") % {"count": more})
    words = {"count": len(above), "which": " ".join(named)}
    return ngettext(
        "%(count)s published product pays more than the caps allow from then on. Ask its bank for "
        "new rates: %(which)s",
        "%(count)s published products pay more than the caps allow from then on. Ask their banks "
        "for new rates: %(which)s",
        len(above),
    ) % words  # fmt: skip
