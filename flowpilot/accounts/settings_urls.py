from django.urls import path

from flowpilot.accounts import place_views, settings_views

app_name = "settings"
urlpatterns = [
    path("", settings_views.account_settings, name="account"),
    path("clients/", place_views.list_clients, name="clients"),
    path("clients/new/", place_views.create_client, name="new-client"),
    path("clients/<uuid:pk>/", place_views.client, name="client"),
    path("clients/<uuid:pk>/archive/", place_views.archive_client, name="archive-client"),
    path("clients/<uuid:pk>/restore/", place_views.restore_client, name="restore-client"),
]
