from django.urls import path

from sessions import attachment_views, views
from sessions.matches import views as matches_views
from sessions.scripting import urls as scripting_urls

app_name = "sessions"
urlpatterns = [
    path("", views.list_sessions, name="list"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/hand-over/", views.hand_over, name="hand-over"),
    path("held-by/<uuid:pk>/", views.held, name="held"),
    path("<uuid:pk>/files/", attachment_views.attach, name="attach"),
    path("<uuid:pk>/files/<uuid:file>/", attachment_views.download, name="attachment"),
    path("<uuid:pk>/files/<uuid:file>/image/", attachment_views.image, name="attachment-image"),
    path("<uuid:pk>/files/<uuid:file>/remove/", attachment_views.detach, name="detach"),
    path("<uuid:pk>/matches/", matches_views.matches, name="matches"),
    path("<uuid:pk>/start/", matches_views.start, name="start"),
    *scripting_urls.urlpatterns,
    path("<uuid:pk>/seen-before/", views.seen_before, name="seen-before"),
]
