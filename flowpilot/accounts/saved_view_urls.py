from django.urls import path

from flowpilot.accounts import saved_view_views as views

app_name = "views"
urlpatterns = [
    path("", views.list_views, name="list"),
    path("save/", views.save, name="save"),
    path("<uuid:pk>/", views.change, name="change"),
    path("<uuid:pk>/delete/", views.delete, name="delete"),
]
