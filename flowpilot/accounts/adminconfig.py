"""Django's admin with our site. Not in apps.py, where Django would take it for the app of this folder."""

from django.contrib.admin.apps import AdminConfig


class FlowPilotAdminConfig(AdminConfig):
    default_site = "flowpilot.accounts.adminsite.FlowPilotAdmin"
