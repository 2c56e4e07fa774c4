from django.urls import path

from sessions import views

app_name = "sessions"
urlpatterns = [
    path("", views.list_sessions, name="list"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/files/", views.attach, name="attach"),
    path("<uuid:pk>/files/<uuid:file>/", views.download, name="attachment"),
    path("<uuid:pk>/files/<uuid:file>/image/", views.image, name="attachment-image"),
    path("<uuid:pk>/files/<uuid:file>/remove/", views.detach, name="detach"),
]
