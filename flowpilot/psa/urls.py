from django.urls import path

from flowpilot.psa import views

app_name = "psa"
urlpatterns = [
    path("practice/", views.practice, name="practice"),
    path("practice/<int:number>/", views.practice_ticket, name="practice-ticket"),
]
