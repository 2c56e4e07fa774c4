from django.urls import path

from flowpilot.psa import views
from flowpilot.psa.webhooks.views import hook

app_name = "psa"
urlpatterns = [
    path("practice/", views.practice, name="practice"),
    path("practice/new/", views.new_practice_ticket, name="new-practice-ticket"),
    path("practice/<int:number>/", views.practice_ticket, name="practice-ticket"),
    path("practice/<int:number>/note/", views.practice_note, name="practice-note"),
    path("practice/<int:number>/change/", views.change_practice_ticket, name="change-practice-ticket"),
    path("hooks/<str:token>/", hook, name="hook"),
]
