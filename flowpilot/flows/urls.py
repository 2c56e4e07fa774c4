from django.urls import path

from flowpilot.flows import (
    editor_views,
    exchange_views,
    favourite_views,
    making_views,
    publishing_views,
    starter_views,
    views,
)

app_name = "flows"
urlpatterns = [
    path("", views.library, name="library"),
    path("new/", making_views.new, name="new"),
    path("starters/", starter_views.starters, name="starters"),
    path("exchange/", exchange_views.exchange, name="exchange"),
    path("export/", exchange_views.export, name="export"),
    path("schema.json", exchange_views.schema, name="schema"),
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/star/", favourite_views.star, name="star"),
    path("<uuid:pk>/versions/<int:number>/", views.version, name="version"),
    path("<uuid:pk>/versions/<int:number>/print/", views.print_version, name="print"),
    path(
        "<uuid:pk>/versions/<int:number>/restore/", publishing_views.restore_version, name="restore-version"
    ),
    path("<uuid:pk>/compare/", views.compare, name="compare"),
    path("<uuid:pk>/try/", views.try_flow, name="try"),
    path("<uuid:pk>/edit/", editor_views.edit, name="edit"),
    path("<uuid:pk>/publish/", publishing_views.publish, name="publish"),
    path("<uuid:pk>/discard/", publishing_views.discard, name="discard"),
    path("<uuid:pk>/retire/", publishing_views.retire, name="retire"),
    path("<uuid:pk>/restore/", publishing_views.restore, name="restore"),
    path("<uuid:pk>/verify/", publishing_views.verify, name="verify"),
    path("<uuid:pk>/fork/", making_views.fork, name="fork"),
    path("<uuid:pk>/details/", making_views.details, name="details"),
]
