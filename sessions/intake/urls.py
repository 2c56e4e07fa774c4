from django.urls import path

from sessions.intake import views

app_name = "console"
urlpatterns = [
    path("", views.home, name="home"),
    path("draft/", views.draft, name="draft"),
    path("ticket/", views.ticket, name="ticket"),
    path("files/<uuid:file>/", views.image, name="file"),
    path("files/<uuid:file>/remove/", views.drop, name="drop-file"),
]
