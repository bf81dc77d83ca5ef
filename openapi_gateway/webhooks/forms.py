from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from openapi_gateway.choices import Environment
from openapi_gateway.credentials.choices import ClientState
from openapi_gateway.credentials.models import Client
from openapi_gateway.outbox.services import KINDS
from openapi_gateway.webhooks.deliveries import granted_urls
from operators.admin_base import DialogForm

_PLACE = "{client}|{environment}|{url}"


def _kinds_field() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=_("Told of"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: everything."),
    )  # fmt: skip


class EndpointForm(forms.Form):
    """One of the callback addresses that the grants of the bank name."""

    place = forms.ChoiceField(
        label=_("Callback address"), required=False, widget=UnfoldAdminSelectWidget,
        help_text=_("Those that the grants name and that have no secret yet."),
    )  # fmt: skip
    kinds = _kinds_field()

    def __init__(self, *args: Any, bank: Any, taken: set[tuple[int, str, str]], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._places = {
            _PLACE.format(client=client.pk, environment=environment, url=url): (
                client, environment, url,
            )
            for client in Client.objects.filter(bank=bank, state=ClientState.ACTIVE)
            for environment in Environment
            for url in granted_urls(client.pk, environment)
            if (client.pk, environment.value, url) not in taken
        }  # fmt: skip
        fields: Any = self.fields
        fields["place"].choices = [
            (key, f"{client.name} · {environment.label} · {url}")
            for key, (client, environment, url) in self._places.items()
        ]
        fields["place"].required = True
        fields["kinds"].choices = list(KINDS.items())

    @property
    def has_places(self) -> bool:
        return bool(self._places)

    @property
    def chosen(self) -> dict[str, Any]:
        client, environment, url = self._places[self.cleaned_data["place"]]
        kinds = self.cleaned_data["kinds"]
        return {"client": client, "environment": environment, "url": url, "kinds": kinds}


class KindsForm(DialogForm):
    kinds = _kinds_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["kinds"]
        field.choices = list(KINDS.items())
