from django.urls import path

from flowpilot.accounts import invitation_views, people_views, place_views

app_name = "people"
urlpatterns = [
    path("", people_views.list_people, name="list"),
    path("<uuid:pk>/", people_views.person, name="person"),
    path("<uuid:pk>/role/", people_views.set_role, name="role"),
    path("<uuid:pk>/admin/", people_views.set_account_admin, name="admin"),
    path("<uuid:pk>/deactivate/", people_views.deactivate, name="deactivate"),
    path("<uuid:pk>/reactivate/", people_views.reactivate, name="reactivate"),
    path("<uuid:pk>/reset-second-factor/", people_views.reset_second_factor, name="reset-factor"),
    path("invitations/", invitation_views.invitations, name="invitations"),
    path("invitations/<uuid:pk>/again/", invitation_views.send_again, name="invite-again"),
    path("invitations/<uuid:pk>/revoke/", invitation_views.revoke, name="revoke"),
    path("teams/", place_views.list_teams, name="teams"),
    path("teams/new/", place_views.create_team, name="new-team"),
    path("teams/<uuid:pk>/", place_views.team, name="team"),
    path("teams/<uuid:pk>/archive/", place_views.archive_team, name="archive-team"),
    path("teams/<uuid:pk>/restore/", place_views.restore_team, name="restore-team"),
]
