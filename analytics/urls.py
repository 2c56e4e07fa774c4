"""URLs of the dashboard."""

from django.urls import path

from analytics import gap_views, views

app_name = "analytics"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("flows/", views.flows, name="flows"),
    path("engineers/", views.engineers, name="engineers"),
    path("own/", views.own, name="own"),
    path("cards/<slug:key>/", views.card, name="card"),
    path("cards/<slug:key>/export/", views.export, name="export"),
    path("gaps/", gap_views.gap_list, name="gaps"),
    path("gaps/<uuid:pk>/", gap_views.gap, name="gap"),
    path("gaps/<uuid:pk>/draft/", gap_views.draft, name="draft"),
    path("gaps/<uuid:pk>/<slug:verb>/", gap_views.decide, name="decide"),
]
