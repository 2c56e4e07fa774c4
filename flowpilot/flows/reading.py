"""What the pages of the library show."""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from flowpilot.accounts import audit
from flowpilot.accounts.models import AuditEvent, User
from flowpilot.accounts.roles import Role, role_of
from flowpilot.core.web import visible
from flowpilot.flows import favourites
from flowpilot.flows.changes import Marked, diff
from flowpilot.flows.document import Tree
from flowpilot.flows.drafting import draft_of, flow_of, may_edit
from flowpilot.flows.models import Flow, FlowDraft, FlowStat, FlowVersion
from flowpilot.flows.origins import Upstream, upstream
from flowpilot.flows.telling import Reason, told
from flowpilot.flows.trees.marks import marked
from flowpilot.flows.usage import Use, uses

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
    uses: list[Use]
    activity: list[AuditEvent]
    may_edit: bool
    may_write: bool
    """Whether the reader may make flows at all, so variants of this one, too."""
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
    def draft(self) -> FlowDraft | None:
        return draft_of(self.flow)

    @cached_property
    def upstream(self) -> Upstream | None:
        """The newer state of its origin, offered to those who may edit."""
        return upstream(self.flow, self.draft.origin if self.draft else None) if self.may_edit else None

    @property
    def is_current(self) -> bool:
        return self.version is not None and self.version.pk == self.flow.current_version_id


def library(user: User) -> QuerySet[Flow]:
    """The account's flows with what a list shows beside them; trees stay where they are."""
    rows: QuerySet[Flow] = visible(Flow, user).with_people()  # type: ignore[attr-defined]
    has_draft = Exists(FlowDraft.objects.filter(flow=OuterRef("pk")))
    return without_trees(rows).annotate(has_draft=has_draft)


def detail(user: User, pk: UUID, number: int | None = None) -> Detail:
    """404 when the flow, or the version asked for, is not there for this user."""
    flow = flow_of(user, pk)
    versions = list(
        flow.versions.select_related("published_by").defer("tree_structure", "grounding").order_by("-number")
    )
    version = chosen(flow, number)
    tree = version.tree if version else None
    stats = FlowStat.objects.for_account(flow.account_id).filter(version=version) if version else []
    activity = list(audit.activity(flow)[:SHOWN_ACTIVITY])
    return Detail(
        flow,
        version,
        versions,
        tree,
        uses(tree, stats) if tree else [],
        activity,
        may_edit(user, flow),
        writes(user),
        favourites.is_starred(flow, user),
    )


def writes(user: User) -> bool:
    role = role_of(user)
    return role is not None and role >= Role.TEAM_ADMIN


@dataclass(frozen=True)
class Comparison:
    """Two versions of a flow, and what is different in the second."""

    flow: Flow
    old: FlowVersion
    new: FlowVersion
    marks: Marked
    reasons: list[Reason]


def comparison(user: User, pk: UUID, old: int | None, new: int | None) -> Comparison:
    """Of the current version with the one before it, where no others are named. 404 when the flow, or one of
    the versions, is not there for this user."""
    flow = flow_of(user, pk)
    after = chosen(flow, new)
    before = chosen(flow, old or max(after.number - 1, 1)) if after else None
    if before is None or after is None:
        raise Http404
    reasons = told(diff(before.tree, after.tree), before.tree, after.tree)
    return Comparison(flow, before, after, marked(before.tree, after.tree), reasons)


def chosen(flow: Flow, number: int | None) -> FlowVersion | None:
    """The version of that number, or the current one when none is asked for."""
    if number is None:
        return flow.current_version
    version = flow.versions.select_related("published_by").filter(number=number).first()
    if version is None:
        raise Http404
    return version


def without_trees(rows: QuerySet[Flow]) -> QuerySet[Flow]:
    return rows.defer("current_version__tree_structure", "current_version__grounding")
