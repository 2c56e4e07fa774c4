"""Throwaway stand-in until the editor lands; not committed."""

from uuid import UUID

from django.http import HttpResponse

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find
from proposals.models import FlowProposal


@requires(Role.TEAM_ADMIN)
def edit(request: Request, pk: UUID) -> HttpResponse:
    return HttpResponse(str(find(FlowProposal, request.user, pk)))
