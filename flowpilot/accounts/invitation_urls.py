from django.urls import path

from flowpilot.accounts import invitation_views

app_name = "invitation"
urlpatterns = [
    path("", invitation_views.join, name="join"),
    path("<str:token>/", invitation_views.follow, name="link"),
]
