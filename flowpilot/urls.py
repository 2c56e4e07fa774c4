"""The whole URL map."""

from django.contrib import admin
from django.urls import include, path

from flowpilot import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("flowpilot.api")),
    path("sessions/", include("sessions.urls")),
    path("review/", include("proposals.urls")),
    path("flows/", include("flowpilot.flows.urls")),
]

handler400 = "flowpilot.views.bad_request"
handler403 = "flowpilot.views.forbidden"
handler404 = "flowpilot.views.not_found"
handler500 = "flowpilot.views.server_error"
