"""What the pages of the library show."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from flowpilot.accounts.models import User
from flowpilot.core.web import find
from flowpilot.flows.document import Tree
from flowpilot.flows.models import Flow, FlowVersion


@dataclass(frozen=True)
class Detail:
    """A flow, the version that is looked at (None while nothing is published), and all of its versions."""

    flow: Flow
    version: FlowVersion | None
    versions: list[FlowVersion]

    @property
    def tree(self) -> Tree | None:
        return self.version.tree if self.version else None

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often the sessions behind this version took each node and option."""
        return self.version.grounding.get("counts", {}) if self.version else {}

    @property
    def is_current(self) -> bool:
        return self.version is not None and self.version.pk == self.flow.current_version_id


def detail(user: User, pk: UUID, number: int | None = None) -> Detail:
    """404 when the flow, or the version asked for, is not there for this user."""
    rows: QuerySet[Flow] = Flow.objects.select_related("team", "client", "owner")
    flow = find(rows, user, pk)
    versions = list(
        flow.versions.select_related("published_by").defer("tree_structure", "grounding").order_by("-number")
    )
    wanted = flow.versions.filter(pk=flow.current_version_id) if number is None else flow.versions.filter(number=number)
    version = wanted.select_related("published_by").first()
    if number is not None and version is None:
        raise Http404
    return Detail(flow, version, versions)
