from django.urls import path

from flowpilot.accounts import views

app_name = "accounts"
urlpatterns = [
    path("audit/", views.audit_log, name="audit"),
    path("audit/export/", views.export_audit, name="audit-export"),
]
