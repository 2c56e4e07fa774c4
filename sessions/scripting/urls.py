from django.urls import path

from sessions.scripting import views

urlpatterns = [
    path("<uuid:pk>/script/", views.script, name="script"),
    path("<uuid:pk>/script/<uuid:script>/run/", views.mark_run, name="script-run"),
    path("<uuid:pk>/script/<uuid:script>/download/", views.download, name="script-download"),
]
