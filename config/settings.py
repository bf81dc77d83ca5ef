"""The one settings file. What differs between places is read from the environment, typed, here."""

from __future__ import annotations

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from config import env
from config.embedded.binaries import postgres_bin
from config.navigation import UNFOLD_BANK, UNFOLD_PLATFORM  # noqa: F401  (settings names)
from config.translations.catalogues import compile_stale

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What kind of run this is -------------------------------------------------------------------
DEBUG = env.boolean("DEBUG")
# Set by config.local when the project started its own servers: a demonstration on one machine.
EMBEDDED = env.boolean("FUXIANG_EMBEDDED")
LOCAL = DEBUG or EMBEDDED
# Allows the demo province, whose passwords are known, on a given database.
DEMO = env.boolean("DEMO")
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "")
# Local runs only: the private key (a JWK) that stands for the mobile app's identity.
DEMO_IDENTITY = env.text("DEMO_IDENTITY", "")
SECRET_KEY = env.text("SECRET_KEY")
BASE_DOMAIN = env.text("BASE_DOMAIN", "localhost").lower()
PORT = env.integer("PORT", 8000)
PLATFORM_HOST = f"console.{BASE_DOMAIN}"
# The gateway's hosts and the environment that each of them serves.
OPEN_HOSTS = {f"open.{BASE_DOMAIN}": "production", f"sandbox.open.{BASE_DOMAIN}": "sandbox"}
ALLOWED_HOSTS = ["*"]  # the host middleware refuses every host that is no bank's and not ours
# Behind a proxy that ends TLS; a local run speaks plain HTTP.
HTTPS = env.boolean("HTTPS", default=not LOCAL)
# The proxies in front of us that append to X-Forwarded-For; 0 = the peer is the client.
PROXY_COUNT = env.integer("PROXY_COUNT", 0)

# --- Tenancy -------------------------------------------------------------------------------------
TENANT_MODEL = "tenants.Bank"
TENANT_DOMAIN_MODEL = "tenants.Domain"
PUBLIC_SCHEMA_URLCONF = "config.urls_platform"
OPEN_URLCONF = "config.urls_open"
ROOT_URLCONF = "config.urls_bank"
TENANT_LIMIT_SET_CALLS = True
TEMPLATE_SCHEMA = "zz_template_bank"
# Of a version at least the server's: it dumps the schema that new banks replay.
PG_DUMP = env.text("PG_DUMP", "") or str(postgres_bin("pg_dump"))
RESERVED_SLUGS = frozenset(
    {
        "console", "open", "sandbox", "www", "api", "admin", "static", "media", "public",
        "template", "docs", "mail", "preview", "gateway",
    }
)  # fmt: skip
# "thread": a background reader notices changes of other processes; "sync": read at each request.
CHANGE_READER = env.text("CHANGE_READER", "thread")

# In both: the platform has its own staff, sessions, audit trail, approvals and announcements.
_BOTH = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "audit",
    "operators",
    "approvals",
    "publishing",
    "announcements",
    "announcements.ads",
    "intake",
]
# Public only: what banks' partners use of the platform.
_GATEWAY = [
    "openapi_gateway",
    "openapi_gateway.outbox",
    "openapi_gateway.access",
    "openapi_gateway.credentials",
    "openapi_gateway.upstream",
    "openapi_gateway.metering",
    "openapi_gateway.webhooks",
    "openapi_gateway.conformance",
    "openapi_gateway.base_services.identity",
    "openapi_gateway.base_services.liveness",
    "openapi_gateway.base_services.keyboard",
]
SHARED_APPS = [
    "django_tenants",
    "tenants",
    *_BOTH,
    "publishing.offers",
    "announcements.catalogue",
    "fuxiang_zone.catalogue",
    "campaigns.province",
    *_GATEWAY,
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "django.contrib.admin",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_celery_beat",
    "treebeard",
    "import_export",
    "rest_framework",
    "drf_spectacular",
    "mobile",
    "demo",
]
TENANT_APPS = [
    *_BOTH, "customers", "coupons", "fuxiang_zone", "fuxiang_zone.campus", "campaigns",
]  # fmt: skip
# Loaded when the apps are: the Celery application in every process, the checks of the settings.
STARTED_MODULES = ["config.celery", "config.checks"]
INSTALLED_APPS = [*SHARED_APPS, *[app for app in TENANT_APPS if app not in SHARED_APPS]]

# --- Database, cache, tasks ----------------------------------------------------------------------
_database = env.database("DATABASE_URL")
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django_tenants.postgresql_backend",
        "CONN_MAX_AGE": env.integer("CONN_MAX_AGE", 300),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "fx",
        # Without these two, Unfold's search shows one bank the results of another.
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 2000
# Long work has workers of its own: an import of minutes must not keep short tasks waiting.
CELERY_TASK_ROUTES = {"intake.tasks.run_job": {"queue": "jobs"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800, "global_keyprefix": "fx-q:"}
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_TASK_TENANT_CACHE_SECONDS = 5

# --- Operators and sign-in -----------------------------------------------------------------------
AUTH_USER_MODEL = "operators.Operator"
AUTHENTICATION_BACKENDS = ["operators.backends.OperatorBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 8},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "operators.passwords.NotUserNameValidator"},
    {"NAME": "operators.passwords.CharacterClassesValidator"},
    {"NAME": "operators.passwords.PasswordHistoryValidator"},
]
PASSWORD_MAX_AGE_DAYS = 90
PASSWORD_HISTORY = 5
SIGN_IN_MAX_FAILURES = 5
SIGN_IN_LOCK_MINUTES = 30
SESSION_IDLE_MINUTES = 30
SESSION_MAX_HOURS = 8
# Platform reviewers decide for the whole province: two factors, except while developing.
TWO_FACTOR_REQUIRED = not DEBUG
OTP_TOTP_ISSUER = "福祥运营台"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"

SESSION_ENGINE = (
    "django.contrib.sessions.backends.db"  # per schema: a cookie of one bank is nothing at another
)
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_AGE = SESSION_MAX_HOURS * 3600
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_DOMAIN = None
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", "'unsafe-eval'"],  # Alpine, in Unfold
        "style-src": ["'self'", "'unsafe-inline'"],  # Unfold's inline colours
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Keys ----------------------------------------------------------------------------------------
FIELD_KEYS = env.keyring("FIELD_KEYS", "" if not LOCAL else None)
# A JSON Web Key Set of the identity that signs customers' tokens for the channel API.
CHANNEL_JWT_KEYS = env.text("CHANNEL_JWT_KEYS", '{"keys": []}')
CHANNEL_JWT_AUDIENCE = env.text("CHANNEL_JWT_AUDIENCE", "")

# --- Gateway -------------------------------------------------------------------------------------
# Seeds of the keys with which answers are signed; the first one is current until the console says
# otherwise.
GATEWAY_SIGNING_KEYS = env.keyring("GATEWAY_SIGNING_KEYS", "" if not LOCAL else None)
# From which clients' pairwise identifiers (openid) are made.
PAIRWISE_KEYS = env.keyring("PAIRWISE_KEYS", "" if not LOCAL else None)
# Masters of the banks' PIN zone keys.
ZONE_KEYS = env.keyring("ZONE_KEYS", "" if not LOCAL else None)
# The liveness engine and the adapter of the banks' cores; empty = not connected.
LIVENESS_URL = env.text("LIVENESS_URL", "")
CORE_URL = env.text("CORE_URL", "")
# What calls to them, and their callbacks, are signed with.
LIVENESS_SECRET = env.text("LIVENESS_SECRET", "")
CORE_SECRET = env.text("CORE_SECRET", "")
# Certificates that vendors' servers are verified with; empty = the system's.
UPSTREAM_CA_FILE = env.text("UPSTREAM_CA_FILE", "")
# Where vendors reach us: the open host, unless their network has another way in.
VENDOR_CALLBACK_URL = env.text("VENDOR_CALLBACK_URL", "") or (
    f"http://open.{BASE_DOMAIN}:{PORT}" if LOCAL else f"https://open.{BASE_DOMAIN}"
)
# Calls per second of one client on one service in the sandbox, and of all clients of a bank.
SANDBOX_CALLS_PER_SECOND = env.integer("SANDBOX_CALLS_PER_SECOND", 50)
BANK_CALLS_PER_SECOND = env.integer("BANK_CALLS_PER_SECOND", 2_000)
# Local runs only: lets partners' callbacks in the sandbox go to this machine, over plain HTTP.
WEBHOOK_LOCAL = env.boolean("WEBHOOK_LOCAL")
# Months of the call log that are kept beside the current one; never less than six.
CALL_LOG_MONTHS = max(6, env.integer("CALL_LOG_MONTHS", 6))
# Days for which finished callbacks and liveness sessions are kept; never less than a year.
GATEWAY_HISTORY_DAYS = max(366, env.integer("GATEWAY_HISTORY_DAYS", 400))

# --- Touchpoints ---------------------------------------------------------------------------------
# Weeks that are kept beside the current one; what is a month old is still taken in.
TOUCHPOINT_WEEKS = env.integer("TOUCHPOINT_WEEKS", 26)

# --- Requests ------------------------------------------------------------------------------------
MIDDLEWARE = [
    "config.health.HealthMiddleware",  # before the host is resolved
    "mobile.hot.HotRoutesMiddleware",  # past everything below
    "openapi_gateway.middleware.GatewayMiddleware",  # the same for signed calls
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "audit.middleware.RequestContextMiddleware",
    "tenants.middleware.BankMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "operators.middleware.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "operators.middleware.SignInSecurityMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
WSGI_APPLICATION = "config.wsgi.application"
# Of a form's fields; files do not count here: what the disk takes in goes by what follows.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FILES = 5
# Larger files wait on disk without a name, until the end of their request at the longest.
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_HANDLERS = [
    "config.uploads.RequestLimitHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "config.uploads.NamelessUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o640
# Of a whole request; each kind of file has its own, lower limit.
UPLOAD_MAX_BYTES = env.integer("UPLOAD_MAX_MEGABYTES", 64) * 2**20
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["mobile.authentication.CustomerTokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["mobile.authentication.HasToken"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.errors.problem_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Fuxiang channel API",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

# --- Language, time, files -----------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
compile_stale(LOCALE_PATHS)  # .mo files are made here, not committed
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"
FORMAT_MODULE_PATH = ["config.formats"]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "tenants.media.media_storage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# "file", or s3://BUCKET/FOLDER?endpoint=https://HOST&region=REGION
MEDIA_STORAGE = env.text("MEDIA_STORAGE", "file")
MEDIA_S3_ACCESS_KEY = env.text("AWS_ACCESS_KEY_ID", "")
MEDIA_S3_SECRET_KEY = env.text("AWS_SECRET_ACCESS_KEY", "")
LOCAL_DIR = Path(env.text("FUXIANG_LOCAL_DIR", "") or BASE_DIR / ".local")
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", "") or LOCAL_DIR / "media")
MEDIA_URL = "/media/"
WHITENOISE_USE_FINDERS = LOCAL
WHITENOISE_AUTOREFRESH = DEBUG

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"bank": {"()": "tenants.logs.BankFilter"}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s [%(schema_name)s] %(name)s %(message)s"}
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["bank"], "formatter": "line"}
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own handler would print every line a second time.
        "django": {"handlers": [], "level": "INFO"},
        # It would log the address of every call beyond our walls.
        "httpx": {"level": "WARNING"},
    },
}
