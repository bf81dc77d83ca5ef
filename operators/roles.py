"""Which role may do what. Groups and their permissions in every schema follow from the two maps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.db import connections
from django_tenants.utils import get_public_schema_name

from operators.choices import BankRole, PlatformRole

RoleMap = Mapping[str, frozenset[str]]


def _all(app_label: str, *codenames: str) -> frozenset[str]:
    return frozenset(f"{app_label}.{codename}" for codename in codenames)


_EVERY_BRANCH = _all("operators", "see_all_branches")
_READ_CONTENT = (
    _all("announcements", "view_announcement")
    | _all("announcements_ads", "view_ad")
    | _all("publishing", "view_publication")
    | _all("approvals", "view_request", "view_decision")
)
_DRAFT_CONTENT = (
    _READ_CONTENT
    | _all("announcements", "add_announcement", "change_announcement")
    | _all("announcements_ads", "add_ad", "change_ad")
)
_APPROVE_CONTENT = _READ_CONTENT | _all("publishing", "approve_publication", "withdraw_publication")
_READ_STAFF = _all("operators", "view_operator", "view_branch")
_MANAGE_STAFF = _READ_STAFF | _all(
    "operators",
    "add_operator",
    "change_operator",
    "manage_operators",
    "approve_role_change",
    "view_permission_report",
)
_READ_AUDIT = _all("audit", "view_auditevent", "export_auditevent")
_READ_REQUESTS = _all("approvals", "view_request", "view_decision")
_BRANCHES = _all("operators", "add_branch", "change_branch", "view_branch")
_READ_CUSTOMERS = _all("customers", "view_customer", "view_history") | _all(
    "announcements", "view_readreceipt", "view_readers"
)
# A consent knows its customer by number alone, so that no branch can be confined to its own.
_READ_CONSENTS = _all("customers", "view_consent")
# One order of a placement's ads holds for a whole bank, too, and one edition has all its titles.
_READ_BANKWIDE = _all("announcements_ads", "view_adorder") | _all("publishing", "view_edition")
# Settings that the province governs hold for a whole bank: branch staff neither see nor draft them.
# The same is true of what the province offers.
_READ_SETTINGS = _READ_BANKWIDE | _all(
    "publishing", "view_banksettings", "view_templateanswer", "view_receivedoffer"
)
_READ_TEMPLATES = (
    _READ_BANKWIDE
    | _all("publishing", "view_provincetemplate")
    | _all("publishing_offers", "view_templatestanding", "view_offer", "view_offerdelivery")
)
_READ_COUPONS = _all(
    "coupons", "view_coupontemplate", "view_templateterms", "view_batch", "view_coupon",
    "view_ledgerentry", "view_grant",
)  # fmt: skip
_READ_RECONCILIATIONS = _all("coupons", "view_reconciliation")
# Batches, grants and settlement hold for a whole bank; branches draft templates of their own.
_MAKE_COUPONS = (
    _READ_COUPONS
    | _READ_RECONCILIATIONS
    | _all(
        "coupons", "add_coupontemplate", "change_coupontemplate", "add_batch", "change_batch",
        "add_grant", "change_grant", "export_coupon", "export_reconciliation",
    )
)  # fmt: skip
_CHECK_COUPONS = (
    _READ_COUPONS
    | _READ_RECONCILIATIONS
    | _all(
        "coupons", "approve_batch", "freeze_batch", "reveal_coupon", "export_coupon",
        "void_coupon", "export_reconciliation",
    )
)  # fmt: skip
# Of branches: their own templates and coupons, not what the whole bank holds.
_COUNTER = _all(
    "coupons", "view_coupontemplate", "view_templateterms", "view_coupon", "view_ledgerentry",
    "add_coupontemplate", "change_coupontemplate", "redeem_coupon",
)  # fmt: skip
_SEE_JOBS = _all("intake", "view_job")
_SEE_EVERY_JOB = _SEE_JOBS | _all("intake", "see_every_job")

# The open platform. A bank's people apply and keep their keys; the platform's decide and watch.
_READ_GATEWAY = (
    _all("gateway_access", "view_application", "view_grant", "view_service")
    | _all("gateway_credentials", "view_client", "view_key")
    | _all("gateway_metering", "view_calllog", "view_usage")
    | _all("gateway_liveness", "view_livenesssession")
    | _all("gateway_conformance", "view_run")
    | _all("gateway_webhooks", "view_endpoint", "view_delivery")
)
_EXPORT_CALLS = _all("gateway_metering", "export_calllog", "export_usage")
_APPLY_GATEWAY = (
    _READ_GATEWAY
    | _EXPORT_CALLS
    | _all(
        "gateway_access", "add_application", "change_application", "submit_application",
        "request_production", "suspend_grant", "terminate_grant",
    )
    | _all(
        "gateway_credentials", "add_client", "change_client", "manage_key", "revoke_key",
    )
    | _all("gateway_conformance", "start_run")
    | _all("gateway_webhooks", "manage_endpoint", "resend_delivery")
)  # fmt: skip
_GATEWAY_CATALOGUE = frozenset(
    f"gateway_access.{verb}_{model}"
    for model in ("service", "serviceversion", "scope", "plan")
    for verb in ("add", "change", "view")
)
_READ_GATEWAY_PLATFORM = (
    _READ_GATEWAY
    | _EXPORT_CALLS
    | frozenset(each for each in _GATEWAY_CATALOGUE if ".view_" in each)
    | _all("gateway_access", "view_reviewdecision")
    | _all("gateway_credentials", "view_platformkey")
    | _all("gateway_upstream", "view_vendor", "view_vendorcode", "view_breaker")
)
_GUARD_GATEWAY = (
    _all("gateway_access", "suspend_grant", "terminate_grant")
    | _all("gateway_credentials", "revoke_key")
    | _all("gateway_webhooks", "resend_delivery")
    | _all("gateway_upstream", "force_breaker")
)
_KEEP_VENDORS = _all(
    "gateway_upstream", "add_vendor", "change_vendor", "add_vendorcode", "change_vendorcode",
)  # fmt: skip

# The Fuxiang zone: types are the platform's, products and what is sold of them the bank's.
_READ_ZONE = _all(
    "fuxiang_zone", "view_zoneproduct", "view_productterms", "view_reservation"
) | _all(
    "fuxiang_zone_catalogue", "view_producttype", "view_activation", "view_activationapplication"
)
_MAKE_ZONE = _READ_ZONE | _all(
    "fuxiang_zone", "add_zoneproduct", "change_zoneproduct", "export_reservation",
    "release_reservation",
) | _all(
    "fuxiang_zone_catalogue", "add_activationapplication", "change_activationapplication",
)  # fmt: skip
# Of branches: their own products.
_ZONE_OF_BRANCH = _all(
    "fuxiang_zone", "view_zoneproduct", "view_productterms", "add_zoneproduct",
    "change_zoneproduct", "view_reservation",
)  # fmt: skip
# Schools, their students and bills; an operator sees the schools that are given to them.
_READ_CAMPUS = _all(
    "fuxiang_zone_campus", "view_school", "view_student", "view_feeitem", "view_bill",
    "view_payment",
)  # fmt: skip
_KEEP_SCHOOLS = _READ_CAMPUS | _all(
    "fuxiang_zone_campus", "add_school", "change_school", "manage_key", "export_bill"
)
_KEEP_CAMPUS = _KEEP_SCHOOLS | _all(
    "fuxiang_zone_campus", "add_student", "change_student", "add_feeitem", "change_feeitem",
    "change_bill",
)  # fmt: skip
_SEE_EVERY_SCHOOL = _all("fuxiang_zone_campus", "see_every_school")
_APPROVE_CAMPUS = _all("fuxiang_zone_campus", "approve_bills")

_READ_CAMPAIGNS = _all(
    "campaigns", "view_campaign", "view_campaignterms", "view_campaignstep", "view_event",
    "view_participation", "view_effect", "view_budgetentry", "view_dayfigure", "view_daytie",
)  # fmt: skip
_SWITCH_CAMPAIGNS = _all("campaigns", "pause_campaign", "stop_campaign", "export_participation")
_MAKE_CAMPAIGNS = (
    _READ_CAMPAIGNS
    | _SWITCH_CAMPAIGNS
    | _all("campaigns", "add_campaign", "change_campaign", "add_event")
)
_CAMPAIGNS_OF_BRANCH = _all(
    "campaigns", "view_campaign", "view_campaignterms", "view_campaignstep", "view_dayfigure",
    "add_campaign", "change_campaign",
)  # fmt: skip
_READ_PROVINCE_CAMPAIGNS = _all(
    "campaigns_province", "view_provincecampaign", "view_wave", "view_joining", "view_bankfigures"
)
_DESIGN_PROVINCE_CAMPAIGNS = _all(
    "campaigns_province", "add_provincecampaign", "change_provincecampaign", "add_wave"
)
_PULL_WAVES = _all("campaigns_province", "pull_wave")
_COMPLIANCE = _all("publishing", "view_forbiddenword")
_KEEP_WORDS = _all(
    "publishing", "add_forbiddenword", "change_forbiddenword", "delete_forbiddenword"
)

BANK_ROLES: RoleMap = {
    BankRole.ADMINISTRATOR: (
        _EVERY_BRANCH
        | _MANAGE_STAFF
        | _BRANCHES
        | _READ_AUDIT
        | _READ_CONTENT
        | _READ_REQUESTS
        | _READ_SETTINGS
        | _READ_COUPONS
        | _READ_RECONCILIATIONS
        | _SEE_EVERY_JOB
        | _APPLY_GATEWAY
        | _READ_ZONE
        | _KEEP_SCHOOLS
        | _SEE_EVERY_SCHOOL
        | _READ_CAMPAIGNS
        | _COMPLIANCE
    ),
    BankRole.MAKER: _EVERY_BRANCH
    | _MAKE_ZONE
    | _KEEP_CAMPUS
    | _MAKE_CAMPAIGNS
    | _COMPLIANCE
    | _KEEP_WORDS
    | _APPLY_GATEWAY
    | _MAKE_COUPONS
    | _SEE_JOBS
    | _DRAFT_CONTENT
    | _READ_SETTINGS
    | _all("publishing", "change_banksettings", "change_receivedoffer")
    | _all("announcements_ads", "change_adorder")
    | _READ_CUSTOMERS
    | _READ_CONSENTS
    | _all("customers", "manage_trial_list", "add_customer", "change_customer")
    | _all("operators", "view_branch"),
    BankRole.CHECKER: (
        _EVERY_BRANCH
        | _APPROVE_CONTENT
        | _CHECK_COUPONS
        | _READ_ZONE
        | _all("fuxiang_zone", "export_reservation", "release_reservation")
        | _READ_CAMPUS
        | _SEE_EVERY_SCHOOL
        | _APPROVE_CAMPUS
        | _READ_CAMPAIGNS
        | _SWITCH_CAMPAIGNS
        | _COMPLIANCE
        | _READ_GATEWAY
        | _all("gateway_credentials", "revoke_key")
        | _SEE_JOBS
        | _READ_SETTINGS
        | _READ_CUSTOMERS
        | _READ_CONSENTS
        | _all("operators", "approve_role_change", "view_branch", "view_operator")
    ),
    BankRole.VIEWER: _EVERY_BRANCH
    | _READ_ZONE
    | _READ_CAMPAIGNS
    | _READ_GATEWAY
    | _READ_CONTENT
    | _READ_SETTINGS
    | _READ_COUPONS
    | _READ_RECONCILIATIONS
    | _all("operators", "view_branch")
    | _all("customers", "view_customer"),
    # No see_all_branches: everything this role sees or does ends at its own subtree.
    # Of the trail, too, they see their own subtree.
    BankRole.BRANCH: (
        _DRAFT_CONTENT
        | _READ_CUSTOMERS
        | _COUNTER
        | _ZONE_OF_BRANCH
        | _READ_CAMPUS
        | _CAMPAIGNS_OF_BRANCH
        | _SEE_JOBS
        | _all("operators", "view_branch")
        | _all("audit", "view_auditevent")
    ),
}

_READ_BANKS = _all("tenants", "view_bank", "view_domain", "view_bankupgrade")
_CATALOGUE_MODELS = {
    "announcements_catalogue": ("skin", "appfunction", "placement"),
    "fuxiang_zone_catalogue": ("producttype", "activation", "ratecap"),
}
_READ_ZONE_APPLICATIONS = _all(
    "fuxiang_zone_catalogue", "view_activationapplication", "view_typeversion"
)
_DECIDE_ZONE_APPLICATIONS = _READ_ZONE_APPLICATIONS | _all(
    "fuxiang_zone_catalogue", "decide_activationapplication"
)


def _catalogues(*verbs: str) -> frozenset[str]:
    return frozenset(
        f"{app_label}.{verb}_{model}"
        for app_label, models in _CATALOGUE_MODELS.items()
        for model in models
        for verb in verbs
    )


PLATFORM_ROLES: RoleMap = {
    PlatformRole.ADMINISTRATOR: (
        _EVERY_BRANCH
        | _SEE_EVERY_JOB
        | _MANAGE_STAFF
        | _READ_AUDIT
        | _READ_CONTENT
        | _READ_REQUESTS
        | _READ_TEMPLATES
        | _READ_PROVINCE_CAMPAIGNS
        | _COMPLIANCE
        | _READ_BANKS
        | _all("tenants", "add_bank", "change_bank")
        | _catalogues("view")
        | _READ_ZONE_APPLICATIONS
        | _READ_GATEWAY_PLATFORM
        | _GUARD_GATEWAY
        | _all("gateway_credentials", "rotate_platformkey")
    ),
    PlatformRole.OPERATOR: (
        _EVERY_BRANCH
        | _DRAFT_CONTENT
        | _READ_TEMPLATES
        | _READ_PROVINCE_CAMPAIGNS
        | _DESIGN_PROVINCE_CAMPAIGNS
        | _PULL_WAVES
        | _COMPLIANCE
        | _KEEP_WORDS
        | _all("publishing", "change_provincetemplate")
        | _all("publishing_offers", "add_offer")
        | _all("announcements_ads", "change_adorder")
        | _READ_BANKS
        | _all("tenants", "add_bank", "change_bank")
        | _catalogues("view", "add", "change")
        | _DECIDE_ZONE_APPLICATIONS
        | _READ_GATEWAY_PLATFORM
        | _GATEWAY_CATALOGUE
        | _GUARD_GATEWAY
        | _KEEP_VENDORS
    ),
    PlatformRole.TECHNICAL_REVIEWER: (
        _EVERY_BRANCH
        | _READ_CONTENT
        | _READ_TEMPLATES
        | _READ_PROVINCE_CAMPAIGNS
        | _COMPLIANCE
        | _READ_BANKS
        | _catalogues("view")
        | _READ_ZONE_APPLICATIONS
        | _READ_GATEWAY_PLATFORM
        | _GUARD_GATEWAY
        | _all("gateway_access", "review_technical", "open_production")
    ),
    PlatformRole.COMPLIANCE_REVIEWER: (
        _EVERY_BRANCH
        | _APPROVE_CONTENT
        | _PULL_WAVES
        | _READ_TEMPLATES
        | _READ_PROVINCE_CAMPAIGNS
        | _COMPLIANCE
        | _READ_BANKS
        | _catalogues("view")
        | _DECIDE_ZONE_APPLICATIONS
        | _all("operators", "approve_role_change", "view_operator")
        | _READ_GATEWAY_PLATFORM
        | _all("gateway_access", "review_compliance")
    ),
    PlatformRole.AUDITOR: (
        _EVERY_BRANCH
        | _SEE_JOBS
        | _READ_CONTENT
        | _READ_TEMPLATES
        | _READ_PROVINCE_CAMPAIGNS
        | _COMPLIANCE
        | _READ_STAFF
        | _READ_AUDIT
        | _READ_BANKS
        | _catalogues("view")
        | _READ_ZONE_APPLICATIONS
        | _all("operators", "view_permission_report")
        | _READ_GATEWAY_PLATFORM
    ),
}

# They decide for the whole province, so a password alone does not let them in.
TWO_FACTOR_ROLES = frozenset({PlatformRole.TECHNICAL_REVIEWER, PlatformRole.COMPLIANCE_REVIEWER})


def is_platform(schema_name: str) -> bool:
    return schema_name == get_public_schema_name()


def roles_of(schema_name: str) -> RoleMap:
    return PLATFORM_ROLES if is_platform(schema_name) else BANK_ROLES


def role_choices(schema_name: str) -> type[BankRole] | type[PlatformRole]:
    return PlatformRole if is_platform(schema_name) else BankRole


def role_label(schema_name: str, role: str) -> str:
    choices = role_choices(schema_name)
    return str(choices(role).label) if role in choices.values else role


def seed_digest() -> str:
    """Changes when any role does: what was seeded before must be seeded again."""
    document = [
        {role: sorted(permissions) for role, permissions in roles.items()}
        for roles in (BANK_ROLES, PLATFORM_ROLES)
    ]
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def seed_roles(apps: Any, using: str, schema_name: str) -> None:
    """Make groups and their permissions equal the map: nothing missing, nothing left over."""
    group_model = apps.get_model("auth", "Group")
    wanted = roles_of(schema_name)
    ids = _permission_ids(apps, using)
    for role, permissions in wanted.items():
        group, _created = group_model._base_manager.using(using).get_or_create(name=role)
        _set_permissions(group, {ids[name] for name in permissions if name in ids})
    for group in group_model._base_manager.using(using).exclude(name__in=wanted):
        _set_permissions(group, set())


def _permission_ids(apps: Any, using: str) -> dict[str, int]:
    rows: Iterable[tuple[str, str, int]] = (
        apps.get_model("auth", "Permission")
        ._base_manager.using(using)
        .values_list("content_type__app_label", "codename", "pk")
    )
    return {f"{app_label}.{codename}": pk for app_label, codename, pk in rows}


def _set_permissions(group: Any, wanted: set[int]) -> None:
    held = set(group.permissions.values_list("pk", flat=True))
    group.permissions.remove(*(held - wanted))
    group.permissions.add(*(wanted - held))


def seed_after_migrate(
    sender: AppConfig, using: str, apps: Any = installed, **_signal: object
) -> None:
    """Runs once per migrated schema: for the last app, when the permissions of all apps exist."""
    if sender is not _last_app():
        return
    try:
        apps.get_model("auth", "Group")
    except LookupError:  # migrated back to before there were groups
        return
    seed_roles(apps, using, connections[using].schema_name)


def _last_app() -> AppConfig:
    return [config for config in installed.get_app_configs() if config.models_module][-1]
