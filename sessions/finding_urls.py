"""Beside the library: the sessions room knows the flows and what past sessions say about them."""

from django.urls import path

from sessions import views

app_name = "finding"
urlpatterns = [path("find/", views.find_flow, name="flow")]
