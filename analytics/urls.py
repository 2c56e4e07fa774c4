"""URLs of the dashboard."""

from django.urls import path

from analytics import views

app_name = "analytics"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("cards/<slug:key>/", views.card, name="card"),
    path("cards/<slug:key>/export/", views.export, name="export"),
]
