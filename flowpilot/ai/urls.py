from django.urls import path

from flowpilot.ai import views

app_name = "ai"
urlpatterns = [path("", views.use, name="use")]
