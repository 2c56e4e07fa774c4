from django.urls import path

from proposals import editor_views, views

app_name = "proposals"
urlpatterns = [
    path("", views.queue, name="queue"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/alike/", views.alike, name="alike"),
    path("<uuid:pk>/approve/", views.approve, name="approve"),
    path("<uuid:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("<uuid:pk>/reject/", views.reject, name="reject"),
    path("<uuid:pk>/reopen/", views.reopen, name="reopen"),
    path("<uuid:pk>/split/", views.split, name="split"),
    path("<uuid:pk>/undo/", views.undo, name="undo"),
    path("<uuid:pk>/edit/", editor_views.edit, name="edit"),
    path("sessions/<uuid:pk>/", views.session_analysis, name="session-analysis"),
    path("sessions/<uuid:pk>/retry/", views.retry, name="retry"),
    path("sessions/<uuid:pk>/propose/", views.propose, name="propose"),
]
