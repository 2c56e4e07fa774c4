from django.urls import path

from sessions import views

app_name = "sessions"
urlpatterns = [
    path("", views.list_sessions, name="list"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/seen-before/", views.seen_before, name="seen-before"),
]
