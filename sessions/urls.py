from django.urls import include, path

from sessions import attachment_views, export_views, views
from sessions.endings import escalation_views, note_views
from sessions.endings import views as endings
from sessions.matches import views as matches_views
from sessions.scripting import urls as scripting_urls

app_name = "sessions"
urlpatterns = [
    path("", views.list_sessions, name="list"),
    path("", include("sessions.flowuse.urls")),
    path("", include("sessions.ticketing.urls")),
    path("export/", export_views.export_sessions, name="export"),
    path("inbox/", escalation_views.inbox, name="inbox"),
    path("inbox/count/", escalation_views.inbox_count, name="inbox-count"),
    path("<uuid:pk>/pause/", endings.pause, name="pause"),
    path("<uuid:pk>/resume/", endings.resume, name="resume"),
    path("<uuid:pk>/escalate/", escalation_views.escalate, name="escalate"),
    path("<uuid:pk>/package/", escalation_views.package, name="package"),
    path("<uuid:pk>/cancel-escalation/", endings.cancel_escalation, name="cancel-escalation"),
    path("<uuid:pk>/accept/", endings.accept, name="accept"),
    path("<uuid:pk>/decline/", endings.decline, name="decline"),
    path("<uuid:pk>/resolve/", endings.resolve, name="resolve"),
    path("<uuid:pk>/abandon/", endings.abandon, name="abandon"),
    path("<uuid:pk>/note/", note_views.note, name="note"),
    path("<uuid:pk>/reopen/", endings.reopen, name="reopen"),
    path("<uuid:pk>/rate/", endings.rate, name="rate"),
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
    path("", include("sessions.thread.urls")),
]
