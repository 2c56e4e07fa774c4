"""Settings: one file, everything from the environment. README.md documents every variable."""

import os
import sys
from pathlib import Path

import django_stubs_ext
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from flowpilot.core.environment import Environment, field_keys, secret_key
from flowpilot.core.postgres import database_settings
from flowpilot.demo.logins import DEMO_LOGINS as DEMO_LOGINS

# Lets annotations such as ModelAdmin[Flow] stand in class definitions.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()
Environment.read_env(BASE_DIR / ".env")

# Where this installation keeps its data: the embedded database, its own secret key.
HOME = Path(env.str("FLOWPILOT_HOME", default=str(BASE_DIR / "var"))).resolve()

DEBUG = env.boolean("FLOWPILOT_DEBUG", default=False)
SECRET_KEY = secret_key(env, HOME)
FIELD_KEYS = field_keys(env, HOME)
WEB_HOST = env.str("FLOWPILOT_HOST", default="127.0.0.1")
WEB_PORT = env.integer("PORT", default=8000, minimum=1, maximum=65535)
# Where people open FlowPilot; links in notes of tickets begin with it.
PUBLIC_URL = env.str("FLOWPILOT_URL", default=f"http://{WEB_HOST}:{WEB_PORT}").rstrip("/")
# Links in mails, too, if it is set; else with the name under which FlowPilot was asked for the mail.
MAILED_URL = env.str("FLOWPILOT_URL", default="").rstrip("/")
ALLOWED_HOSTS = env.list("FLOWPILOT_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("FLOWPILOT_TRUSTED_ORIGINS", default=[])
# True behind a proxy that speaks TLS: secure cookies, HSTS, redirects to https.
TLS = env.boolean("FLOWPILOT_TLS", default=False)

INSTALLED_APPS = [
    "flowpilot.core",
    "flowpilot.accounts",
    "flowpilot.psa",
    "flowpilot.flows",
    "flowpilot.ai",
    "sessions",
    "proposals",
    "analytics",
    "flowpilot.demo",
    "django.forms",
    "flowpilot.accounts.adminconfig.FlowPilotAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "csp",
    "django_filters",
    "django_htmx",
    "django_q",
    "rest_framework",
]

MIDDLEWARE = [
    "flowpilot.core.edge.headers.BrowserHeaders",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "flowpilot.core.edge.tracing.TraceMiddleware",
    "flowpilot.core.static.WholeFiles",
    "flowpilot.core.edge.input.HostileInput",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "flowpilot.accounts.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "flowpilot.accounts.middleware.AccountScopeMiddleware",
    "flowpilot.accounts.middleware.SecondFactorFirst",
]

ROOT_URLCONF = "flowpilot.urls"
ASGI_APPLICATION = "flowpilot.asgi.application"
WSGI_APPLICATION = "flowpilot.wsgi.application"
FORM_RENDERER = "flowpilot.core.widgets.Renderer"

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
                "proposals.context.navigation",
                "flowpilot.ai.context.notices",
            ],
        },
    }
]

DATABASES = {"default": database_settings(env, HOME)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The limits on signing in are kept here and must hold across the processes of the web.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        # What goes beyond is thrown away, whatever it counts: of Django's 300 a few dozen strangers would do.
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
    "worker": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Pictures of what never changes, in each process: some 10 KB each.
    "drawn": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "drawn",
        "OPTIONS": {"MAX_ENTRIES": 200},
    },
}

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["flowpilot.accounts.backends.WithAccount"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "flowpilot.accounts.adapter.ClosedSignup"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[FlowPilot] "
# Mails to the person about changes of the own login.
ACCOUNT_EMAIL_NOTIFICATIONS = True
MFA_ADAPTER = "flowpilot.accounts.adapter.SecondFactor"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "flowpilot.accounts.second_factor.CodeForm",
    "reauthenticate": "flowpilot.accounts.second_factor.CodeAgainForm",
    "add_webauthn": "flowpilot.accounts.security_keys.AddKeyForm",
    "edit_webauthn": "flowpilot.accounts.security_keys.RenameKeyForm",
    "authenticate_webauthn": "flowpilot.accounts.security_keys.KeyForm",
    "reauthenticate_webauthn": "flowpilot.accounts.security_keys.KeyAgainForm",
}
# Phones whose clock is up to 30 seconds off.
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
# Whose address the limits on signing in count: the last but so many of X-Forwarded-For; 0: the peer's.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("FLOWPILOT_TRUSTED_PROXIES", default=0, minimum=0)

MAIL_SERVER = env.mail_server("FLOWPILOT_EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = MAIL_SERVER["EMAIL_BACKEND"]
EMAIL_FILE_PATH = MAIL_SERVER["EMAIL_FILE_PATH"]
EMAIL_HOST = MAIL_SERVER["EMAIL_HOST"] or ""
EMAIL_PORT = MAIL_SERVER["EMAIL_PORT"]
EMAIL_HOST_USER = MAIL_SERVER["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = MAIL_SERVER["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = MAIL_SERVER.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL_SERVER.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.sender("FLOWPILOT_EMAIL_FROM", default="flowpilot@localhost")

# --- The browser ------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = TLS
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]  # probes ask the process itself, without TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True  # pages carry the token for their scripts
SESSION_COOKIE_NAME = "__Host-sessionid" if TLS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if TLS else "csrftoken"
SECURE_HSTS_SECONDS = 31_536_000 if TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TLS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What is said after a redirect may name an incident: it stays on the server.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The editor sends a whole flow: the biggest valid one is 500 steps with 8 fields each and 12 answers of 3.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 25_000

# Files that people send, outside of everything that is served by itself.
UPLOADS = HOME / "uploads"
# A browser itself opens six streams to a host; beyond this number a page asks every second instead.
STREAMS_PER_PERSON = env.integer("FLOWPILOT_STREAMS_PER_PERSON", default=12, minimum=1)
UPLOAD_QUOTA_BYTES = env.integer("FLOWPILOT_UPLOAD_QUOTA_MB", default=2048, minimum=0) * 2**20

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
# A page looks up some three hundred words: with one language in no catalogue, that took a tenth of its time.
USE_I18N = len(LANGUAGES) > 1
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

# --- Work in the background -------------------------------------------------------------------

JOB_TIMEOUT_SECONDS = 600
# `retry` counts from the moment a task leaves the table, and one may wait in memory: more than twice
# the timeout. Our own rows decide what is tried again, so a failed task is acknowledged.
Q_CLUSTER = {
    "name": "flowpilot",
    "orm": "default",
    "cache": "worker",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": JOB_TIMEOUT_SECONDS,
    "retry": 2 * JOB_TIMEOUT_SECONDS + 100,
    "max_attempts": 3,
    "ack_failures": True,
    "catch_up": False,
    "save_limit": 250,
    "recycle": 500,
    "max_rss": 300_000,
    "poll": 0.5,
}
# onnxruntime tells its maker of every model it loads unless the environment forbids it; the switch in its
# interface comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
# Off: flows and sessions are matched by their words alone, and no model is loaded.
EMBEDDINGS = env.boolean("FLOWPILOT_EMBEDDINGS", default=True)
# For tests of connectors: without it they connect by https to the public internet and nowhere else.
PSA_ALLOW_LOOPBACK = env.boolean("FLOWPILOT_PSA_ALLOW_LOOPBACK", default=False)
ANALYSIS_BATCH = env.integer("FLOWPILOT_ANALYSIS_BATCH", default=200, minimum=1)
ANALYSIS_LEASE_SECONDS = env.integer("FLOWPILOT_ANALYSIS_LEASE_SECONDS", default=900, minimum=1)
ANALYSIS_RETRY_SECONDS = env.integer("FLOWPILOT_ANALYSIS_RETRY_SECONDS", default=60, minimum=0)

# --- Models -----------------------------------------------------------------------------------

# Off: nobody asks a model, the rules do all the work.
AI_ENABLED = env.boolean("FLOWPILOT_AI", default=True)
# An empty key counts as none.
ANTHROPIC_API_KEY = env.str("FLOWPILOT_ANTHROPIC_API_KEY", default="") or env.str(
    "ANTHROPIC_API_KEY", default=""
)
ANTHROPIC_BASE_URL = env.str("FLOWPILOT_ANTHROPIC_BASE_URL", default="https://api.anthropic.com")
# By job; `manage.py check` refuses one without prices (flowpilot/ai/prices.toml).
AI_MODELS = {
    "triage": env.str("FLOWPILOT_AI_MODEL_TRIAGE", default="claude-haiku-5-5"),
    "guide": env.str("FLOWPILOT_AI_MODEL_GUIDE", default="claude-sonnet-5-5"),
    "script": env.str("FLOWPILOT_AI_MODEL_SCRIPT", default="claude-sonnet-5-5"),
    "analyse": env.str("FLOWPILOT_AI_MODEL_ANALYSE", default="claude-sonnet-5-5"),
    "escalate": env.str("FLOWPILOT_AI_MODEL_ESCALATE", default="claude-sonnet-5-5"),
}
# How the learning job asks: `live` waits for each answer, `batch` costs half and takes up to a day.
AI_ANALYSIS_MODE = env.choice("FLOWPILOT_AI_ANALYSIS_MODE", default="live", among=("live", "batch"))

# --- The API ----------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["flowpilot.accounts.authentication.SignedIn"],
    "DEFAULT_PERMISSION_CLASSES": ["flowpilot.accounts.permissions.InAccount"],
    "DEFAULT_PARSER_CLASSES": ["flowpilot.core.jsonfields.StrictJson"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "flowpilot.core.api.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "flowpilot.core.api.problem",
    "PAGE_SIZE": 25,
}

# --- The log ----------------------------------------------------------------------------------

LOG_FORMAT = env.choice(
    "FLOWPILOT_LOG_FORMAT", default="text" if sys.stderr.isatty() else "json", among=("json", "text")
)
# What these say in detail is texts: statements with their values, prompts, parts of files.
_NEVER_IN_DETAIL = ("django.db", "django.template", "anthropic", "httpx2", "httpcore2", "PIL", "asyncio")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "flowpilot.core.logs.Lines", "form": LOG_FORMAT}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("FLOWPILOT_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # What was refused stands in the line of the access log, without the address.
        "django.request": {"level": "ERROR"},
        "environ": {"level": "WARNING"},  # that there is no .env is nothing to tell
        "django_q": {"level": "WARNING"},
        "django-q": {"level": "WARNING", "propagate": True},
        **{name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.error")},
        # Lines with whole addresses; ours tell less. Unnamed, it would be switched on again with its parent.
        "uvicorn.access": {"handlers": [], "propagate": False},
        **{name: {"level": "WARNING"} for name in _NEVER_IN_DETAIL},
    },
}
