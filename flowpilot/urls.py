"""The whole URL map."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from flowpilot import views

# One way in: the admin's own login page has neither rate limits nor a second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("accounts/", include("flowpilot.accounts.login_urls")),
    path("account/", include("flowpilot.accounts.urls")),
    path("people/", include("flowpilot.accounts.people_urls")),
    path("settings/", include("flowpilot.accounts.settings_urls")),
    path("settings/ticket-systems/", include("flowpilot.psa.connections.urls")),
    path("views/", include("flowpilot.accounts.saved_view_urls")),
    path("profile/", include("flowpilot.accounts.profile_urls")),
    path("notifications/", include("flowpilot.accounts.notification_urls")),
    path("invitation/", include("flowpilot.accounts.invitation_urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("flowpilot.api")),
    path("console/", include("sessions.intake.urls")),
    path("sessions/", include("sessions.urls")),
    path("review/", include("proposals.urls")),
    path("analytics/", include("analytics.urls")),
    path("ai/", include("flowpilot.ai.urls")),
    path("psa/", include("flowpilot.psa.urls")),
    path("analysis/", include("proposals.run_urls")),
    path("flows/", include("sessions.finding_urls")),
    path("flows/", include("flowpilot.flows.urls")),
]

handler400 = "flowpilot.views.bad_request"
handler403 = "flowpilot.views.forbidden"
handler404 = "flowpilot.views.not_found"
handler500 = "flowpilot.views.server_error"
