"""Pages on which a bank's operators make keys. The one that answers with a new secret is the only
one that ever shows it: it is the answer to a POST, nobody keeps it, and asking again shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from audit.errors import DomainError
from openapi_gateway.access.people import on_platform
from openapi_gateway.choices import Environment
from openapi_gateway.credentials import possession, services
from openapi_gateway.credentials.choices import ClientState, KeyState
from openapi_gateway.credentials.forms import KeyTermsForm, ProofForm, UploadForm
from openapi_gateway.credentials.models import Client, Key

SECRET_PAGE, UPLOAD_PAGE, PROOF_PAGE = (
    "gateway_key_secret",
    "gateway_key_upload",
    "gateway_key_proof",
)
RENEW_PAGE = "gateway_key_renew"


def client_pages(model_admin: ModelAdmin) -> list[URLPattern]:
    return [
        path("<int:client_id>/secret/<slug:environment>/", _inside(model_admin, secret_page),
             name=SECRET_PAGE),
        path("<int:client_id>/public-key/<slug:environment>/", _inside(model_admin, upload_page),
             name=UPLOAD_PAGE),
    ]  # fmt: skip


def key_pages(model_admin: ModelAdmin) -> list[URLPattern]:
    return [
        path("<int:key_id>/proof/", _inside(model_admin, proof_page), name=PROOF_PAGE),
        path("<int:key_id>/proof/renew/", _inside(model_admin, require_POST(renew)),
             name=RENEW_PAGE),
    ]  # fmt: skip


def _inside(model_admin: ModelAdmin, view: Callable[..., HttpResponse]) -> Any:
    """For those who manage keys of this very bank; nothing of it is kept anywhere."""

    @require_http_methods(["GET", "HEAD", "POST"])
    def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if on_platform():
            raise Http404
        if not request.user.has_perm(services.MANAGE):  # type: ignore[union-attr]
            raise PermissionDenied
        return view(request, **kwargs)

    hidden = sensitive_post_parameters("pem", "signature")(run)
    return model_admin.admin_site.admin_view(never_cache(partial(hidden, model_admin=model_admin)))


# --- secrets --------------------------------------------------------------------------------------
def secret_page(
    request: HttpRequest, *, model_admin: Any, client_id: int, environment: str
) -> HttpResponse:
    client, where = _client(request, client_id), _environment(environment)
    active = _active(client, where)
    form = KeyTermsForm(request.POST or None, active=active)
    context = {"client": client, "where": where, "active": active, "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            key, secret = _make_secret(request, client, where, active, form)
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            shown = {"key": key, "secret_text": secret, "client": client, "where": where}
            return _page(request, model_admin, "secret_shown", _("The new secret"), shown)
    return _page(request, model_admin, "secret", _("New secret"), context)


def _make_secret(
    request: HttpRequest, client: Client, where: Environment, active: Key | None, form: KeyTermsForm
) -> tuple[Key, str]:
    actor: Any = request.user
    replaced = _seen(client, form)
    if replaced is None:
        return services.make_secret(actor=actor, client=client, environment=where, **form.terms)
    return services.replace_secret(
        actor=actor, key=replaced, overlap_days=form.overlap, **form.terms
    )


def _seen(client: Client, form: KeyTermsForm) -> Key | None:
    """The key that the operator saw in the place of the new one."""
    key_id = form.cleaned_data["replaces"]
    return client.keys.filter(key_id=key_id).first() if key_id else None


# --- key pairs ------------------------------------------------------------------------------------
def upload_page(
    request: HttpRequest, *, model_admin: Any, client_id: int, environment: str
) -> HttpResponse:
    client, where = _client(request, client_id), _environment(environment)
    active = _active(client, where)
    form = UploadForm(request.POST or None, request.FILES or None, active=active)
    if request.method == "POST" and form.is_valid():
        try:
            key = services.upload_key(
                actor=request.user, client=client, environment=where,  # type: ignore[arg-type]
                pem=form.public_key.pem, **form.terms,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            return _to(model_admin, PROOF_PAGE, key.pk)
    context = {
        "client": client, "where": where, "active": active, "form": form,
        "ways": possession.WAYS_TO_MAKE,
    }  # fmt: skip
    return _page(request, model_admin, "upload", _("Upload a public key"), context)


def proof_page(request: HttpRequest, *, model_admin: Any, key_id: int) -> HttpResponse:
    key = _key(request, key_id)
    if key.state != KeyState.PENDING:
        return _to(model_admin, "gateway_credentials_key_change", key.pk)
    active = _active(key.client, Environment(key.environment))
    form = ProofForm(request.POST or None, active=active)
    if request.method == "POST" and form.is_valid():
        try:
            services.prove_possession(
                actor=request.user, key=key, signature=form.cleaned_data["signature"],  # type: ignore[arg-type]
                overlap_days=form.overlap,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error("signature", str(refusal.message))
        else:
            messages.success(request, _("Proven: calls can be signed with this key from now on."))
            return _to(model_admin, "gateway_credentials_key_change", key.pk)
    is_over = key.challenge_expires_at is None or key.challenge_expires_at <= timezone.now()
    context = {
        "key": key, "client": key.client, "active": active, "form": form, "is_over": is_over,
        "message": possession.message_of(key), "ways": possession.ways_to_sign(key),
    }  # fmt: skip
    return _page(request, model_admin, "proof", _("Proof of possession"), context)


def renew(request: HttpRequest, *, model_admin: Any, key_id: int) -> HttpResponse:
    key = _key(request, key_id)
    try:
        services.renew_challenge(actor=request.user, key=key)  # type: ignore[arg-type]
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    return _to(model_admin, PROOF_PAGE, key.pk)


# --- steps ----------------------------------------------------------------------------------------
def _client(request: HttpRequest, client_id: int) -> Client:
    bank: Any = request.tenant  # type: ignore[attr-defined]
    found = Client.objects.filter(bank=bank, pk=client_id, state=ClientState.ACTIVE).first()
    if found is None:
        raise Http404
    found.bank = bank
    return found


def _key(request: HttpRequest, key_id: int) -> Key:
    bank: Any = request.tenant  # type: ignore[attr-defined]
    found = Key.objects.filter(client__bank=bank, pk=key_id).select_related("client__bank").first()
    if found is None:
        raise Http404
    return found


def _environment(text: str) -> Environment:
    if text not in Environment.values:
        raise Http404
    return Environment(text)


def _active(client: Client, where: Environment) -> Key | None:
    rows = client.keys.usable(timezone.now()).filter(environment=where, state=KeyState.ACTIVE)
    found: Key | None = rows.first()
    return found


def _page(
    request: HttpRequest, model_admin: Any, name: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    shared = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    template = f"gateway/credentials/{name}.html"
    return TemplateResponse(request, template, {**shared, "title": title, **context})


def _to(model_admin: Any, name: str, *which: object) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(f"{model_admin.admin_site.name}:{name}", args=which))
