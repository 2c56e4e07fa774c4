from django.urls import path

from sessions.flowuse import views

urlpatterns = [
    path("of-flow/<uuid:pk>/", views.followed, name="of-flow"),
    path("of-flow/<uuid:pk>/open/", views.open_on, name="flow-open"),
]
