"""Where a step comes from, word for word: of a draft in review, and of a version that was published."""

from collections.abc import Mapping
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from flowpilot.accounts.http import Request
from flowpilot.accounts.roles import Role, requires
from flowpilot.core.web import find, page_or_fragment
from flowpilot.flows.document import InvalidTree, Tree
from flowpilot.flows.models import FlowVersion
from proposals import opened
from proposals.evidence import origins_of
from proposals.excerpts import excerpts


@require_GET
@requires(Role.ENGINEER)
def of_draft(request: Request, pk: UUID) -> HttpResponse:
    proposal = opened.proposal(request.user, pk, with_decisions=False)
    draft = proposal.current_draft
    try:
        tree = draft.document if draft else None
    except InvalidTree:
        tree = None
    if draft is None or tree is None:
        raise Http404
    back = reverse("proposals:detail", args=[pk])
    return shown(request, tree, {"sources": origins_of(proposal)}, back)


@require_GET
@requires(Role.ENGINEER)
def of_version(request: Request, pk: UUID) -> HttpResponse:
    version = find(FlowVersion, request.user, pk)
    back = reverse("flows:version", args=[version.flow_id, version.number])
    return shown(request, version.tree, version.grounding, back)


def shown(request: Request, tree: Tree, grounding: Mapping[str, object], back: str) -> HttpResponse:
    """`?node=` names the step, by default the first."""
    node = request.GET.get("node", tree.root)
    if node not in tree:
        raise Http404
    context = {"node": tree.node(node), "excerpts": excerpts(grounding, node, request.user), "back": back}
    return page_or_fragment(request, "proposals/sources.html", "proposals/_sources.html", context)
