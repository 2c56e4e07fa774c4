from django.urls import path

from flowpilot.flows import favourite_views, views

app_name = "flows"
urlpatterns = [
    path("", views.library, name="library"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/star/", favourite_views.star, name="star"),
    path("<uuid:pk>/versions/<int:number>/", views.version, name="version"),
]
