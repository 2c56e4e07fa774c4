from django.urls import path

from flowpilot.psa.connections import push_views, setup_views, views

app_name = "connections"
urlpatterns = [
    path("", views.list_connections, name="list"),
    path("new/<slug:provider>/", views.new, name="new"),
    path("<uuid:pk>/", views.one, name="one"),
    path("<uuid:pk>/login/", views.login, name="login"),
    path("<uuid:pk>/check/", views.check, name="check"),
    path("<uuid:pk>/mapping/", setup_views.mapping, name="mapping"),
    path("<uuid:pk>/note/", setup_views.note, name="note"),
    path("<uuid:pk>/note/preview/", setup_views.preview, name="preview"),
    path("<uuid:pk>/pause/", views.pause, name="pause"),
    path("<uuid:pk>/resume/", views.resume, name="resume"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
    path("<uuid:pk>/secret/", views.new_secret, name="new-secret"),
    path("<uuid:pk>/address/", views.new_address, name="new-address"),
    path("pushes/", push_views.pushes, name="pushes"),
    path("pushes/<uuid:pk>/", push_views.push, name="push"),
    path("pushes/<uuid:pk>/retry/", push_views.retry, name="retry"),
    path("pushes/<uuid:pk>/arrived/", push_views.arrived, name="arrived"),
    path("pushes/<uuid:pk>/put-aside/", push_views.put_aside, name="put-aside"),
    path("pushes/<uuid:pk>/count-again/", push_views.count_again, name="count-again"),
]
