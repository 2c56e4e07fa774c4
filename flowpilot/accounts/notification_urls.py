from django.urls import path

from flowpilot.accounts import notification_views

app_name = "notifications"
urlpatterns = [
    path("", notification_views.listed, name="list"),
    path("read/", notification_views.all_read, name="all-read"),
    path("<uuid:pk>/open/", notification_views.opened, name="open"),
]
