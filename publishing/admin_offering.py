"""The button with which the platform offers a draft to banks."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operators.admin_base import action
from publishing import registry
from publishing.offers import services
from publishing.offers.forms import OfferForm


class OfferMixin:
    """For the admin of a Publishable whose kind can be offered; shows itself on the platform."""

    def has_offer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        if self.admin_site.name != "platform":  # type: ignore[attr-defined]
            return False
        kind = registry.of_draft(self.model)  # type: ignore[attr-defined]
        return kind.offer_content is not None and request.user.has_perm(services.PERMISSION)  # type: ignore[union-attr]

    @action(
        description=gettext_lazy("Offer to banks"), permissions=["offer"], form_class=OfferForm,
        explanation=gettext_lazy(
            "Each chosen bank gets a copy as it stands now, and decides for itself: accept it as a"
            " draft, change and publish it, or not use it."
        ),
        icon="share", url_path="offer-to-banks",
    )  # fmt: skip
    def offer_to_banks(self, request: HttpRequest, form: OfferForm, object_id: str) -> HttpResponse:
        offer = services.offer_to_banks(
            actor=request.user,  # type: ignore[arg-type]
            kind=registry.of_draft(self.model).name,  # type: ignore[attr-defined]
            draft_id=int(object_id),
            bank_slugs=form.cleaned_data["banks"],
            note=form.cleaned_data["note"],
        )
        count = offer.deliveries.count()
        messages.success(request, _("Offered to %(count)d banks.") % {"count": count})
        site = self.admin_site.name  # type: ignore[attr-defined]
        return HttpResponseRedirect(
            reverse(f"{site}:publishing_offers_offer_change", args=[offer.pk])
        )
