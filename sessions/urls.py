from django.urls import path

from sessions import views

app_name = "sessions"
urlpatterns = [
    path("", views.list_sessions, name="list"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/hand-over/", views.hand_over, name="hand-over"),
    path("held-by/<uuid:pk>/", views.held, name="held"),
    path("<uuid:pk>/seen-before/", views.seen_before, name="seen-before"),
]
