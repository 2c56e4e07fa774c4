from django.urls import path

from sessions.thread import views

urlpatterns = [
    path("<uuid:pk>/", views.detail, name="detail"),
    path("<uuid:pk>/thread/", views.thread, name="thread"),
    path("<uuid:pk>/say/", views.say, name="say"),
    path("<uuid:pk>/next/", views.go_on, name="next"),
    path("<uuid:pk>/draft/", views.draft, name="draft"),
    path("<uuid:pk>/leave/", views.leave, name="leave"),
    path("<uuid:pk>/come-back/", views.come_back, name="come-back"),
    path("<uuid:pk>/steps/<uuid:step>/change/", views.change, name="change"),
    path("<uuid:pk>/turns/<uuid:turn>/stream/", views.stream, name="stream"),
    path("<uuid:pk>/turns/<uuid:turn>/said/", views.said, name="said"),
    path("<uuid:pk>/turns/<uuid:turn>/stop/", views.stop, name="stop"),
]
