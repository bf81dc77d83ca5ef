"""Controls of the application's form; all of them work without a script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from openapi_gateway.access.choices import CatalogueState, ContactRole
from openapi_gateway.access.content import Wanted
from openapi_gateway.access.models import Plan, Service
from operators.admin_base import TemplateWidget

PARTS = ("name", "phone", "email")
MOST_TYPED = 200


# --- services ------------------------------------------------------------------------------------
class ServicesWidget(TemplateWidget):
    """Of each offered service a plan and scopes. Gives {service code: (plan's id, scopes)}."""

    template_name = "gateway/access/services_field.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        chosen = value or {}
        offered = offered_plans(also=[plan for plan, _scopes in chosen.values() if plan])
        rows = []
        for service in Service.objects.prefetch_related("scopes"):
            plans = [plan for plan in offered if plan.version.service_id == service.pk]
            plan_id, scopes = chosen.get(service.code, ("", ()))
            if plans:
                rows.append(
                    {"service": service, "plans": plans, "plan_id": str(plan_id), "scopes": scopes}
                )
        return {"name": name, "rows": rows}

    def value_from_datadict(
        self, data: Any, files: Any, name: str
    ) -> dict[str, tuple[str, list[str]]]:
        found = {}
        for code in Service.objects.values_list("code", flat=True):
            plan = (data.get(f"{name}-{code}-plan") or "").strip()
            key = f"{name}-{code}-scopes"
            scopes = data.getlist(key) if hasattr(data, "getlist") else list(data.get(key, []))
            if plan or scopes:
                found[code] = (plan, [str(each)[:40] for each in scopes[:50]])
        return found


def offered_plans(also: list[str]) -> list[Plan]:
    """What is published, and what the draft names already: it stays visible when it is gone."""
    plans = Plan.objects.select_related("version__service").order_by(
        "version__service__position", "version__version", "month_quota"
    )
    numbers = {int(each) for each in map(str, also) if each.isascii() and each.isdigit()}
    return [
        plan
        for plan in plans
        if plan.pk in numbers or plan.state == plan.version.state == CatalogueState.PUBLISHED
    ]


class ServicesField(forms.Field):
    widget = ServicesWidget

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        return {
            each.plan.version.service.code: (str(each.plan.pk), each.scopes) for each in value or []
        }

    def clean(self, value: Any) -> list[Wanted]:
        wanted = []
        for code, (plan_id, scopes) in (value or {}).items():
            is_number = plan_id.isascii() and plan_id.isdigit() and len(plan_id) < 18
            plan = (
                Plan.objects.select_related("version__service")
                .filter(pk=plan_id, version__service__code=code)
                .first()
                if is_number
                else None
            )
            if plan is None:
                service = Service.objects.get(code=code)
                raise forms.ValidationError(
                    _("Choose a plan of “%(service)s”, or untick its scopes.")
                    % {"service": service}
                )
            wanted.append(Wanted(plan, tuple(scopes)))
        return wanted

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != data)


# --- contacts ------------------------------------------------------------------------------------
class ContactsWidget(TemplateWidget):
    template_name = "gateway/access/contacts_field.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        known = {each.get("role"): each for each in value or []}
        required = (ContactRole.TECHNICAL, ContactRole.SECURITY)
        rows = [
            {**known.get(role.value, {}), "role": role, "needed": role in required}
            for role in ContactRole
        ]
        return {"name": name, "rows": rows}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        rows = [
            {
                "role": role,
                **{
                    part: str(data.get(f"{name}-{role}-{part}") or "").strip()[:MOST_TYPED]
                    for part in PARTS
                },
            }
            for role in ContactRole.values
        ]
        return [row for row in rows if any(row[part] for part in PARTS)]


class ContactsField(forms.Field):
    widget = ContactsWidget

    def has_changed(self, initial: Any, data: Any) -> bool:
        return list(initial or []) != list(data or [])


# --- lines ---------------------------------------------------------------------------------------
class LinesField(forms.CharField):
    """A list of texts, one in a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return list(value)
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        super().run_validators("\n".join(value))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))
