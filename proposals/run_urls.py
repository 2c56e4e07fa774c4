from django.urls import path

from proposals import run_views

app_name = "analysis"
urlpatterns = [
    path("", run_views.overview, name="overview"),
    path("now/", run_views.now, name="now"),
    path("run/", run_views.run, name="run"),
    path("retry/", run_views.retry_all, name="retry-all"),
    path("retry/<uuid:pk>/", run_views.retry, name="retry"),
]
