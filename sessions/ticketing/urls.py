from django.urls import path

from sessions.ticketing import views

urlpatterns = [
    path("<uuid:pk>/told/", views.told, name="told"),
    path("<uuid:pk>/told/<uuid:push>/retry/", views.retry, name="told-retry"),
    path("<uuid:pk>/told/<uuid:push>/arrived/", views.arrived, name="told-arrived"),
    path("<uuid:pk>/told/<uuid:push>/put-aside/", views.put_aside, name="told-put-aside"),
    path("<uuid:pk>/told/<uuid:push>/count-again/", views.count_again, name="told-count-again"),
]
