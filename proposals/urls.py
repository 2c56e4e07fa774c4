from django.urls import path

from proposals import editor_views
from proposals.views import bulk, decisions, duplicates, queue, replays, sessions, sources, transcripts

app_name = "proposals"
urlpatterns = [
    path("", queue.queue, name="queue"),
    path("pulse/", queue.pulse, name="pulse"),
    path("bulk/", bulk.bulk, name="bulk"),
    path("<uuid:pk>/tree/", queue.tree, name="tree"),
    path("<uuid:pk>/", queue.detail, name="detail"),
    path("<uuid:pk>/parts/", queue.parts, name="parts"),
    path("<uuid:pk>/alike/", queue.alike, name="alike"),
    path("<uuid:pk>/replay/", replays.replay, name="replay"),
    path("<uuid:pk>/sources/", sources.of_draft, name="sources"),
    path("versions/<uuid:pk>/sources/", sources.of_version, name="version-sources"),
    path("<uuid:pk>/approve/", decisions.approve, name="approve"),
    path("<uuid:pk>/evidence/<uuid:session>/", transcripts.transcript, name="transcript"),
    path("<uuid:pk>/duplicate/", duplicates.duplicate, name="duplicate"),
    path("<uuid:pk>/dismiss/", decisions.dismiss, name="dismiss"),
    path("<uuid:pk>/reject/", decisions.reject, name="reject"),
    path("<uuid:pk>/reopen/", decisions.reopen, name="reopen"),
    path("<uuid:pk>/split/", decisions.split, name="split"),
    path("<uuid:pk>/undo/", decisions.undo, name="undo"),
    path("<uuid:pk>/edit/", editor_views.edit, name="edit"),
    path("sessions/<uuid:pk>/", sessions.session_analysis, name="session-analysis"),
    path("sessions/<uuid:pk>/retry/", sessions.retry, name="retry"),
    path("sessions/<uuid:pk>/propose/", sessions.propose, name="propose"),
]
