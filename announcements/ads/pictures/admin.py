"""What the admin of ads adds for pictures: three addresses that answer with JSON."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from announcements.ads.pictures import services, showing
from announcements.ads.pictures.errors import BadPicture
from announcements.ads.pictures.fields import PictureWidget
from audit.errors import DomainError
from operators.admin_base import display
from tenants.problems import domain_problem

if TYPE_CHECKING:
    from announcements.ads.models import Ad, Picture
    from operators.admin_base import ModelAdmin as Base
else:
    Base = object

NAME = "announcements_ads_picture"


def _answered(method: Callable[..., Picture]) -> Callable[..., HttpResponse]:
    """The picture as JSON; a refusal as a sentence in the form that machines get."""

    @wraps(method)
    def run(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        try:
            picture = method(self, request, *args, **kwargs)
        except DomainError as error:
            return domain_problem(error)
        return JsonResponse(showing.document_of(picture))

    return run


class PictureUploadMixin(Base):
    """Stands before ``ModelAdmin``; the form has a ``PictureField`` by the name of ``picture``."""

    def get_urls(self) -> list[Any]:
        return [
            path("pictures/", self._guard(self.upload_picture), name=f"{NAME}_upload"),
            path("pictures/<uuid:uid>/crop/", self._guard(self.crop_picture), name=f"{NAME}_crop"),
            path(
                "pictures/<uuid:uid>/placement/",
                self._guard(self.move_picture),
                name=f"{NAME}_placement",
            ),
            *super().get_urls(),
        ]

    def _guard(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(require_POST(view))
        return guarded

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        field = form.base_fields.get("picture")
        if field is not None and isinstance(field.widget, PictureWidget):
            # Of its own: the two consoles share the form's declaration.
            form.base_fields["picture"] = field = deepcopy(field)
            field.widget.address = reverse(f"{self.admin_site.name}:{NAME}_upload")
        return form

    @display(description=_("picture"))
    def shown_picture(self, ad: Ad) -> SafeString | str:
        return showing.thumbnail(ad.picture, ad.alt_text)

    @_answered
    def upload_picture(self, request: HttpRequest) -> Picture:
        file = request.FILES.get("file")
        if file is None:
            raise BadPicture(_("The file is empty. Choose another one."), code="picture_empty")
        return services.take_in(
            actor=request.user,  # type: ignore[arg-type]
            placement=request.POST.get("placement", ""),
            file=file,
        )

    @_answered
    def crop_picture(self, request: HttpRequest, uid: UUID) -> Picture:
        return services.crop(
            actor=request.user,  # type: ignore[arg-type]
            picture=services.picture_of(uid),
            **{name: _pixels(request, name) for name in ("x", "y", "width", "height")},
        )

    @_answered
    def move_picture(self, request: HttpRequest, uid: UUID) -> Picture:
        return services.use_elsewhere(
            actor=request.user,  # type: ignore[arg-type]
            picture=services.picture_of(uid),
            placement=request.POST.get("placement", ""),
        )


def _pixels(request: HttpRequest, name: str) -> int:
    given = request.POST.get(name, "")
    if not given.lstrip("-").isascii() or not given.lstrip("-").isdigit() or len(given) > 6:
        raise BadPicture(_("Position and size are whole numbers of pixels."), code="crop_numbers")
    return int(given)
