"""What the two consoles show around their pages: names, colours, sidebar.

An entry names its page (an address name inside the console) and the permission that shows it; an
entry whose page does not exist is left out. A badge is a dotted path to a function of the request.
"""

from __future__ import annotations

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def entry(title: Any, icon: str, page: str, permission: str = "", **more: Any) -> dict[str, Any]:
    return {"title": title, "icon": icon, "page": page, "permission": permission, **more}


ADS: list[dict[str, Any]] = [
    entry(
        _("Ads"), "ad_units", "announcements_ads_ad_changelist", "announcements_ads.view_ad"
    ),
    entry(
        _("Calendar of ads"), "calendar_view_month", "announcements_ads_ad_calendar",
        "announcements_ads.view_ad",
    ),
    entry(
        _("Order of ads"), "swap_vert", "announcements_ads_adorder_changelist",
        "announcements_ads.view_adorder",
    ),
]  # fmt: skip

COUPONS: list[dict[str, Any]] = [
    entry(
        _("Coupon templates"), "confirmation_number", "coupons_coupontemplate_changelist",
        "coupons.view_coupontemplate",
    ),
    entry(_("Batches"), "inventory_2", "coupons_batch_changelist", "coupons.view_batch"),
    entry(_("Coupons"), "local_activity", "coupons_coupon_changelist", "coupons.view_coupon"),
    entry(_("Grants"), "redeem", "coupons_grant_changelist", "coupons.view_grant"),
    entry(_("Expiring soon"), "hourglass_bottom", "coupons_coupon_expiring", "coupons.view_coupon"),
    entry(
        _("Claims and redemptions"), "bar_chart", "coupons_coupon_figures", "coupons.view_coupon"
    ),
    entry(_("Counter"), "point_of_sale", "coupons_counter", "coupons.redeem_coupon"),
    entry(
        _("Reconciliation"), "balance", "coupons_reconciliation_changelist",
        "coupons.view_reconciliation", badge="coupons.reconciliation.alarms.badge",
    ),
]  # fmt: skip

# The same pages in both consoles: a bank's show its own rows.
# The bank's own; the platform has lists of its own below.
ZONE: list[dict[str, Any]] = [
    entry(
        _("Zone types"), "storefront", "fuxiang_zone_types",
        "fuxiang_zone_catalogue.view_producttype",
    ),
    entry(
        _("Zone products"), "storefront", "fuxiang_zone_zoneproduct_changelist",
        "fuxiang_zone.view_zoneproduct",
    ),
    entry(
        _("Reservations"), "event_available", "fuxiang_zone_reservation_changelist",
        "fuxiang_zone.view_reservation",
    ),
]  # fmt: skip
CAMPUS: list[dict[str, Any]] = [
    entry(_("Schools"), "school", "fuxiang_zone_campus_school_changelist",
          "fuxiang_zone_campus.view_school"),
    entry(_("Students"), "face", "fuxiang_zone_campus_student_changelist",
          "fuxiang_zone_campus.view_student"),
    entry(_("Fees"), "request_quote", "fuxiang_zone_campus_feeitem_changelist",
          "fuxiang_zone_campus.view_feeitem"),
    entry(_("Bills"), "receipt_long", "fuxiang_zone_campus_bill_changelist",
          "fuxiang_zone_campus.view_bill"),
    entry(_("Payment notices"), "payments", "fuxiang_zone_campus_payment_changelist",
          "fuxiang_zone_campus.view_payment"),
]  # fmt: skip
CAMPAIGNS: list[dict[str, Any]] = [
    # Of the whole bank: branches may see campaigns, but neither this nor who takes part.
    entry(
        _("Province campaigns"), "flag", "campaigns_province", "campaigns.view_participation",
        badge="campaigns.province.badges.waiting_for_bank",
    ),
    entry(
        _("Campaigns"), "celebration", "campaigns_campaign_changelist", "campaigns.view_campaign",
        badge="campaigns.running.badges.near_their_budget",
    ),
    entry(_("Dry run"), "science", "campaigns_campaign_trial", "campaigns.view_campaign"),
    entry(
        _("Participations"), "how_to_reg", "campaigns_participation_changelist",
        "campaigns.view_participation",
    ),
    entry(_("Qualifying events"), "bolt", "campaigns_event_changelist", "campaigns.view_event"),
]  # fmt: skip

OPEN_PLATFORM: list[dict[str, Any]] = [
    entry(
        _("Open platform overview"), "monitoring", "gateway_overview",
        "gateway_metering.view_usage",
    ),
    entry(
        _("Access applications"), "assignment_turned_in", "gateway_access_application_changelist",
        "gateway_access.view_application",
        badge="openapi_gateway.access.badges.applications_for_me",
    ),
    entry(
        _("Access grants"), "verified_user", "gateway_access_grant_changelist",
        "gateway_access.view_grant",
    ),
    entry(
        _("Conformance"), "fact_check", "gateway_conformance_run_changelist",
        "gateway_conformance.view_run",
    ),
    entry(
        _("Clients"), "apps", "gateway_credentials_client_changelist",
        "gateway_credentials.view_client",
    ),
    entry(
        _("Keys"), "key", "gateway_credentials_key_changelist", "gateway_credentials.view_key",
        badge="openapi_gateway.credentials.badges.keys_expiring",
    ),
    entry(
        _("Callback addresses"), "webhook", "gateway_webhooks_endpoint_changelist",
        "gateway_webhooks.view_endpoint",
    ),
    entry(
        _("Callbacks"), "outbound", "gateway_webhooks_delivery_changelist",
        "gateway_webhooks.view_delivery",
    ),
    entry(
        _("Call log"), "receipt_long", "gateway_metering_calllog_changelist",
        "gateway_metering.view_calllog",
    ),
    entry(_("Monthly usage"), "data_usage", "gateway_usage", "gateway_metering.view_usage"),
    entry(
        _("Liveness sessions"), "face", "gateway_liveness_livenesssession_changelist",
        "gateway_liveness.view_livenesssession",
    ),
]  # fmt: skip

WORK: list[dict[str, Any]] = [
    entry(_("Workbench"), "space_dashboard", "index"),
    entry(_("Background jobs"), "manufacturing", "intake_job_changelist", "intake.view_job"),
]

BANK_SIDEBAR: list[dict[str, Any]] = [
    {"items": WORK},
    {
        "title": _("Content"),
        "items": [
            entry(
                _("Announcements"), "campaign", "announcements_announcement_changelist",
                "announcements.view_announcement",
            ),
            entry(
                _("Province-wide announcements"), "public", "announcements_announcement_province",
                "announcements.view_announcement",
            ),
            entry(
                _("Offered by the province"), "move_to_inbox",
                "publishing_receivedoffer_changelist", "publishing.view_receivedoffer",
                query="tab=waiting", badge="publishing.badges.offers_waiting",
            ),
            *ADS,
            entry(
                _("Published versions"), "history_edu", "publishing_publication_changelist",
                "publishing.view_publication",
            ),
            entry(
                _("Forbidden words"), "policy", "publishing_forbiddenword_changelist",
                "publishing.view_forbiddenword",
            ),
            entry(
                _("Settings and province template"), "tune",
                "publishing_banksettings_changelist", "publishing.view_banksettings",
                badge="publishing.governed.badges.groups_asking",
            ),
            entry(
                _("Phone preview"), "smartphone", "/preview/", "announcements.view_announcement",
                new_window=True,
            ),
        ],
    },
    {
        "title": _("Review"),
        "items": [
            entry(
                _("Take-downs to review"), "e911_emergency", "publishing_publication_takedowns",
                "publishing.view_publication", badge="publishing.badges.takedowns_waiting",
            ),
            entry(
                _("Waiting for my review"), "rule", "approvals_request_changelist",
                "approvals.view_request", query="tab=waiting",
                badge="approvals.badges.waiting_for_me",
            ),
            entry(
                _("Submitted by me"), "outbox", "approvals_request_changelist",
                "approvals.view_request", query="tab=mine",
                badge="approvals.badges.sent_back_to_me",
            ),
        ],
    },
    {"title": _("Fuxiang zone"), "items": ZONE},
    {"title": _("Smart campus"), "items": CAMPUS},
    {"title": _("Marketing campaigns"), "items": CAMPAIGNS},
    {"title": _("Coupons"), "items": COUPONS},
    {
        "title": _("Open platform"),
        "items": [
            entry(
                _("Base services"), "widgets", "gateway_access_offer",
                "gateway_access.view_service",
            ),
            *OPEN_PLATFORM,
        ],
    },
    {
        "title": _("Customers"),
        "items": [
            entry(
                _("Customers"), "group", "customers_customer_changelist", "customers.view_customer"
            ),
            entry(
                _("Consents"), "handshake", "customers_consent_changelist",
                "customers.view_consent",
            ),
        ],
    },
    {
        "title": _("Organisation and people"),
        "items": [
            entry(
                _("Branches"), "account_tree", "operators_branch_changelist",
                "operators.view_branch",
            ),
            entry(
                _("Operators"), "badge", "operators_operator_changelist", "operators.view_operator"
            ),
            entry(
                _("Permission report"), "fact_check", "permission_report",
                "operators.view_permission_report",
            ),
        ],
    },
    {
        "title": _("Security audit"),
        "items": [
            entry(
                _("Operation log"), "shield_lock", "audit_auditevent_changelist",
                "audit.view_auditevent",
            ),
        ],
    },
]  # fmt: skip

PLATFORM_SIDEBAR: list[dict[str, Any]] = [
    {"items": WORK},
    {
        "title": _("Banks"),
        "items": [
            entry(
                _("Member banks"), "account_balance", "tenants_bank_changelist",
                "tenants.view_bank",
            ),
            entry(
                _("Upgrades"), "system_update_alt", "tenants_bankupgrade_changelist",
                "tenants.view_bankupgrade",
            ),
        ],
    },
    {
        "title": _("Fuxiang zone"),
        "items": [
            entry(
                _("Product types"), "category", "fuxiang_zone_catalogue_producttype_changelist",
                "fuxiang_zone_catalogue.view_producttype",
            ),
            entry(
                _("Opened by banks"), "checklist", "fuxiang_zone_catalogue_activation_changelist",
                "fuxiang_zone_catalogue.view_activation",
            ),
            entry(
                _("Applications for types"), "assignment_turned_in",
                "fuxiang_zone_catalogue_activationapplication_changelist",
                "fuxiang_zone_catalogue.view_activationapplication",
                badge="fuxiang_zone.catalogue.badges.applications_waiting",
            ),
            entry(
                _("Rate caps"), "percent", "fuxiang_zone_catalogue_ratecap_changelist",
                "fuxiang_zone_catalogue.view_ratecap",
            ),
            entry(
                _("Adoption of product types"), "bar_chart", "fuxiang_zone_adoption",
                "fuxiang_zone_catalogue.view_activation",
            ),
        ],
    },
    {
        "title": _("Marketing campaigns"),
        "items": [
            entry(
                _("Province campaigns"), "flag", "campaigns_province_provincecampaign_changelist",
                "campaigns_province.view_provincecampaign",
            ),
        ],
    },
    {
        "title": _("Appearance catalogue"),
        "items": [
            entry(
                _("Skins"), "palette", "announcements_catalogue_skin_changelist",
                "announcements_catalogue.view_skin",
            ),
            entry(
                _("App functions"), "apps", "announcements_catalogue_appfunction_changelist",
                "announcements_catalogue.view_appfunction",
            ),
            entry(
                _("Placements"), "view_carousel", "announcements_catalogue_placement_changelist",
                "announcements_catalogue.view_placement",
            ),
        ],
    },
    {
        "title": _("Province-wide content"),
        "items": [
            entry(
                _("Province announcements"), "campaign", "announcements_announcement_changelist",
                "announcements.view_announcement",
            ),
            entry(
                _("Province templates"), "tune", "publishing_provincetemplate_changelist",
                "publishing.view_provincetemplate",
            ),
            entry(
                _("Adoption of templates"), "fact_check", "publishing_provincetemplate_adoption",
                "publishing_offers.view_templatestanding",
            ),
            entry(
                _("Offered to banks"), "share", "publishing_offers_offer_changelist",
                "publishing_offers.view_offer",
            ),
            *ADS,
            entry(
                _("Published versions"), "history_edu", "publishing_publication_changelist",
                "publishing.view_publication",
            ),
            entry(
                _("Forbidden words"), "policy", "publishing_forbiddenword_changelist",
                "publishing.view_forbiddenword",
            ),
        ],
    },
    BANK_SIDEBAR[2],
    {
        "title": _("Open platform"),
        "items": [
            *OPEN_PLATFORM,
            entry(
                _("Base services"), "widgets", "gateway_access_service_changelist",
                "gateway_access.view_service",
            ),
            entry(
                _("Platform keys"), "workspace_premium",
                "gateway_credentials_platformkey_changelist",
                "gateway_credentials.view_platformkey",
            ),
            entry(
                _("Vendors"), "hub", "gateway_upstream_vendor_changelist",
                "gateway_upstream.view_vendor",
            ),
            entry(
                _("Codes of vendors"), "translate", "gateway_upstream_vendorcode_changelist",
                "gateway_upstream.view_vendorcode",
            ),
            entry(
                _("Circuit breakers"), "electrical_services", "gateway_upstream_breaker_changelist",
                "gateway_upstream.view_breaker",
            ),
        ],
    },
    {
        "title": _("People and security"),
        "items": [
            entry(
                _("Platform staff"), "badge", "operators_operator_changelist",
                "operators.view_operator",
            ),
            entry(
                _("Permission report"), "fact_check", "permission_report",
                "operators.view_permission_report",
            ),
            entry(
                _("Operation log"), "shield_lock", "audit_auditevent_changelist",
                "audit.view_auditevent",
            ),
        ],
    },
]  # fmt: skip

# What the command palette searches: never every model.
BANK_SEARCH = [
    "announcements.announcement", "announcements_ads.ad", "approvals.request", "operators.branch",
    "operators.operator", "customers.customer", "coupons.coupontemplate",
]  # fmt: skip
PLATFORM_SEARCH = [
    "tenants.bank", "announcements.announcement", "announcements_ads.ad", "approvals.request",
    "operators.operator", "fuxiang_zone_catalogue.producttype",
]  # fmt: skip


def _console(
    site: str, sidebar: list[dict[str, Any]], search: list[str], dashboard: str
) -> dict[str, Any]:
    return {
        "ACCOUNT": {
            "navigation": [
                {"title": _("Change password"), "link": reverse_lazy(f"{site}:password_change")},
                {"title": _("Second factor"), "link": reverse_lazy(f"{site}:second_factor")},
            ]
        },
        "SITE_TITLE": "config.appearance.site_title",
        "SITE_HEADER": "config.appearance.site_header",
        "SITE_SUBHEADER": "config.appearance.site_subheader",
        "SITE_SYMBOL": "account_balance",
        "SITE_URL": None,
        "SHOW_HISTORY": True,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_LANGUAGES": True,
        "SHOW_BACK_BUTTON": True,
        "BORDER_RADIUS": "8px",
        "ENVIRONMENT": "config.appearance.environment",
        "DASHBOARD_CALLBACK": dashboard,
        "PRIMARY_COLOURS": "config.appearance.colours",
        "STYLES": ["config.appearance.stylesheet"],
        "SITE_FAVICONS": [
            {"rel": "icon", "type": "image/svg+xml", "href": "config.appearance.favicon"}
        ],
        "SCRIPTS": ["config.appearance.script"],
        "COMMAND": {"search_models": search, "show_history": False},
        "SIDEBAR": {"show_search": True, "command_search": True, "navigation": sidebar},
    }


UNFOLD_BANK = _console("bank", BANK_SIDEBAR, BANK_SEARCH, "config.dashboards.bank.dashboard")
UNFOLD_PLATFORM = _console(
    "platform", PLATFORM_SIDEBAR, PLATFORM_SEARCH, "config.dashboards.platform.dashboard"
)
