from django.urls import include, path

from sessions import attachment_views, views

app_name = "sessions"
urlpatterns = [
    path("", views.list_sessions, name="list"),
    path("", include("sessions.thread.urls")),
    path("<uuid:pk>/hand-over/", views.hand_over, name="hand-over"),
    path("held-by/<uuid:pk>/", views.held, name="held"),
    path("<uuid:pk>/files/", attachment_views.attach, name="attach"),
    path("<uuid:pk>/files/<uuid:file>/", attachment_views.download, name="attachment"),
    path("<uuid:pk>/files/<uuid:file>/image/", attachment_views.image, name="attachment-image"),
    path("<uuid:pk>/files/<uuid:file>/remove/", attachment_views.detach, name="detach"),
    path("<uuid:pk>/seen-before/", views.seen_before, name="seen-before"),
]
