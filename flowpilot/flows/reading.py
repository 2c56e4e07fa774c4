"""What the pages of the library show."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404

from flowpilot.accounts import audit
from flowpilot.accounts.models import AuditEvent, User
from flowpilot.core.web import find, visible
from flowpilot.flows import favourites
from flowpilot.flows.document import Tree
from flowpilot.flows.models import Flow, FlowVersion

SHOWN_ACTIVITY = 20
"""The newest entries that the page shows; account admins find all of them in the audit."""


@dataclass(frozen=True)
class Size:
    """How much of a tree there is: nodes, and of these the ones where it ends."""

    nodes: int
    resolutions: int
    escalations: int


@dataclass(frozen=True)
class Detail:
    """A flow, the version that is looked at (None while nothing is published), and all of its versions."""

    flow: Flow
    version: FlowVersion | None
    versions: list[FlowVersion]
    tree: Tree | None
    activity: list[AuditEvent]
    starred: bool
    """Whether the reader wants it at hand."""

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often the sessions behind this version took each node and option."""
        return self.version.counts if self.version else {}

    @property
    def size(self) -> Size | None:
        if self.tree is None:
            return None
        kinds = [node.kind for node in self.tree.nodes]
        return Size(len(kinds), kinds.count("resolution"), kinds.count("escalation"))

    @property
    def is_current(self) -> bool:
        return self.version is not None and self.version.pk == self.flow.current_version_id


def library(user: User) -> QuerySet[Flow]:
    """The account's flows with what a list shows beside them; trees stay where they are."""
    rows: QuerySet[Flow] = visible(Flow, user).with_people()  # type: ignore[attr-defined]
    return without_trees(rows)


def detail(user: User, pk: UUID, number: int | None = None) -> Detail:
    """404 when the flow, or the version asked for, is not there for this user."""
    flow = find(without_trees(Flow.objects.with_people()), user, pk)
    versions = list(
        flow.versions.select_related("published_by").defer("tree_structure", "grounding").order_by("-number")
    )
    version = chosen(flow, number)
    activity = list(audit.activity(flow)[:SHOWN_ACTIVITY])
    tree = version.tree if version else None
    return Detail(flow, version, versions, tree, activity, favourites.is_starred(flow, user))


def chosen(flow: Flow, number: int | None) -> FlowVersion | None:
    """The version of that number, or the current one when none is asked for."""
    if number is None:
        return flow.versions.select_related("published_by").filter(pk=flow.current_version_id).first()
    version = flow.versions.select_related("published_by").filter(number=number).first()
    if version is None:
        raise Http404
    return version


def without_trees(rows: QuerySet[Flow]) -> QuerySet[Flow]:
    return rows.defer("current_version__tree_structure", "current_version__grounding")
