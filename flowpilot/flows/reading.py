"""What the pages of the library show."""

from dataclasses import dataclass
from functools import cache, cached_property
from uuid import UUID

from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import Http404

from flowpilot.accounts import audit
from flowpilot.accounts.models import AuditEvent, User
from flowpilot.accounts.roles import Role, role_of
from flowpilot.core.web import find
from flowpilot.flows.changes import Marked, diff
from flowpilot.flows.contents import Contents, contents
from flowpilot.flows.drafting import draft_of, flow_of, may_edit
from flowpilot.flows.favourites import starred_by
from flowpilot.flows.models import Flow, FlowDraft, FlowQuerySet, FlowStat, FlowVersion
from flowpilot.flows.origins import Upstream, upstream
from flowpilot.flows.telling import Reason, told
from flowpilot.flows.trees.marks import marked
from flowpilot.flows.usage import Use, uses

SHOWN_ACTIVITY = 20
"""The newest entries that the page shows; account admins find all of them in the audit."""


@dataclass(frozen=True)
class Detail:
    """A flow, the version that is looked at (None while nothing is published), and all of its versions."""

    flow: Flow
    version: FlowVersion | None
    versions: list[FlowVersion]
    contents: Contents | None
    uses: list[Use]
    activity: list[AuditEvent]
    may_edit: bool
    may_write: bool
    """Whether the reader may make flows at all, so variants of this one, too."""

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


LISTED = (
    "title",
    "summary",
    "status",
    "domain",
    "uses",
    "resolved",
    "last_used_at",
    "review_due_at",
    "verified_at",
    "decaying",
    "created_at",
)
"""What a row of the table shows of the flow itself, and what it is ordered by."""

NAMED = {
    "team_name": F("team__name"),
    "client_name": F("client__name"),
    "owner_name": F("owner__name"),
    "owner_email": F("owner__email"),
    "version_number": F("current_version__number"),
}
"""And of what stands beside it: as text, for a hundred models more would take longer than the query."""

BESIDE = (
    "team",
    "client",
    "owner",
    "current_version",
    "draft__updated_by",
    "origin",
    "forked_from__current_version",
)
SHOWN = (
    *LISTED,
    "team__name",
    "client__name",
    "owner__name",
    "owner__email",
    "current_version__number",
    "account",
    "updated_at",
    "forked_from__title",
    "forked_from__current_version__number",
    "draft__lock_version",
    "draft__updated_at",
    "draft__origin",
    "draft__updated_by__name",
    "draft__updated_by__email",
    "origin__kind",
    "origin__key",
    "origin__version",
)
"""What a flow's page shows of it, and of what stands beside it: everything but trees."""


@cache
def _rows() -> FlowQuerySet:
    """The part of `library` that is the same for all readers: to build it takes longer than to compile it."""
    has_draft = Exists(FlowDraft.objects.filter(flow=OuterRef("pk")))
    rows: FlowQuerySet = Flow.objects.only(*LISTED).annotate(has_draft=has_draft, **NAMED)
    return rows


@cache
def _whole() -> FlowQuerySet:
    """A flow with all that its page shows of it and beside it."""
    rows: FlowQuerySet = Flow.objects.select_related(*BESIDE).only(*SHOWN)
    return rows


def library(user: User) -> QuerySet[Flow]:
    """The account's flows with what a list shows beside them (`NAMED`), and nothing else of them."""
    return _rows().visible_to(user).annotate(starred=starred_by(user))


def detail(user: User, pk: UUID, number: int | None = None) -> Detail:
    """404 when the flow, or the version asked for, is not there for this user."""
    flow = find(_whole().annotate(starred=starred_by(user)), user, pk)
    versions = list(
        flow.versions.select_related("published_by")
        .only("flow", "number", "note", "source", "published_at", "published_by__name", "published_by__email")
        .order_by("-number")
    )
    version = chosen(flow, number)
    inside = contents(version.pk) if version else None
    stats = FlowStat.objects.for_account(flow.account_id).filter(version=version) if version else []
    activity = list(audit.activity(flow)[:SHOWN_ACTIVITY])
    return Detail(
        flow,
        version,
        versions,
        inside,
        uses(inside.steps, stats) if inside else [],
        activity,
        may_edit(user, flow),
        writes(user),
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
    return flow.current_version if number is None else version_of(flow, number)


def version_of(flow: Flow, number: int) -> FlowVersion:
    """404 when there is none of that number."""
    version: FlowVersion | None = flow.versions.select_related("published_by").filter(number=number).first()
    if version is None:
        raise Http404
    return version
