from django.urls import path

from flowpilot.accounts import profile_views

app_name = "profile"
urlpatterns = [
    path("", profile_views.profile, name="own"),
    path("logins/", profile_views.own_logins, name="logins"),
    path("logins/end/", profile_views.end_login, name="end-login"),
    path("logins/end-others/", profile_views.end_other_logins, name="end-others"),
]
