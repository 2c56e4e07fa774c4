"""The editor's work on a flow: where it begins, what a form brings back, how it meets newer versions."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Literal
from uuid import UUID

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from flowpilot.core.web import find
from flowpilot.flows.actions import Texts
from flowpilot.flows.actions.drafts import EMPTY
from flowpilot.flows.changes import Conflict, merge3
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.formfields import Fields, UnreadableForm, from_fields
from flowpilot.flows.models import Flow, FlowDraft, FlowVersion
from flowpilot.flows.origins import Upstream, rebased, upstream
from flowpilot.flows.trees.merge import Side

TEXTS = {"title": 200, "summary": 20_000, "domain": 100}
"""The fields beside the tree, with the most characters of each."""


@dataclass(frozen=True)
class Work:
    """What is on the screen. seen: the draft's lock version, 0 while there is none. base: the version edited
    on, None before the first. against: what the conflicts are with."""

    flow: Flow
    draft: FlowDraft | None
    seen: int
    base: FlowVersion | None
    tree: Tree
    texts: Texts
    pen: str = ""
    """The window of the editor."""
    conflicts: list[Conflict] = field(default_factory=list)
    against: Literal["merge", "rebase"] = "merge"

    @property
    def current(self) -> FlowVersion | None:
        return self.flow.current_version

    @property
    def outdated(self) -> bool:
        """Whether the flow has another version now than the one edited on."""
        return (self.current and self.current.pk) != (self.base and self.base.pk)

    @property
    def compared(self) -> Tree | None:
        return self.base.tree if self.base else None

    @property
    def origins(self) -> tuple[Tree, ...]:
        """Trees whose ids mean something in this one."""
        versions = {version.pk: version for version in (self.base, self.current) if version}
        return tuple(version.tree for version in versions.values())

    @cached_property
    def upstream(self) -> Upstream | None:
        return upstream(self.flow, self.draft.origin if self.draft else None)


def flow_of(user: User, pk: UUID) -> Flow:
    """The flow with its draft, versions and origin; 404 when it is not the user's to see."""
    rows = Flow.objects.with_people().select_related(
        "draft__base_version", "draft__updated_by", "origin", "forked_from__current_version"
    )
    return find(rows.defer("forked_from__current_version__grounding"), user, pk)


def may_edit(user: User, flow: Flow) -> bool:
    return administers(user, flow)


def draft_of(flow: Flow) -> FlowDraft | None:
    return getattr(flow, "draft", None)


def start(flow: Flow) -> Work:
    """The draft as it was left, else the version in force, else a first question."""
    draft = draft_of(flow)
    if draft is not None:
        seen, base = draft.lock_version, draft.base_version
        return Work(flow, draft, seen, base, draft.work, Texts.of(draft), new_pen())
    version = flow.current_version
    return Work(flow, None, 0, version, version.tree if version else EMPTY, Texts.of(flow), new_pen())


def new_pen() -> str:
    return token_hex(16)


def typed(flow: Flow, fields: Fields) -> Work:
    """The work as a form brought it. Raises `UnreadableForm`."""
    texts = Texts(*(_text(fields, name, longest) for name, longest in TEXTS.items()))
    seen, base, pen = seen_in(fields, "lock"), _base(flow, fields), _text(fields, "pen", 32)
    return Work(flow, draft_of(flow), seen, base, from_fields(fields), texts, pen)


def merged(work: Work, settled: Mapping[str, Side]) -> Work:
    """The work on the flow's current version, or as it was with what contradicts that.

    Raises `InvalidTree`: only a valid tree can be merged.
    """
    if work.base is None or work.current is None:
        return replace(work, base=work.current)
    ours, theirs = work.current.tree, parse(work.tree.to_json())
    outcome = merge3(base=work.base.tree, ours=ours, theirs=theirs, settle=settled)
    if outcome.tree is None:
        return replace(work, conflicts=outcome.conflicts, against="merge")
    return replace(work, base=work.current, tree=outcome.tree)


def on_origin(work: Work, onto: Upstream, settled: Mapping[str, Side]) -> Work:
    """The work with what its origin changed since, or with what contradicts that. Raises `InvalidTree`."""
    outcome = rebased(onto, parse(work.tree.to_json()), dict(settled))
    if outcome.tree is None:
        return replace(work, conflicts=outcome.conflicts, against="rebase")
    return replace(work, tree=outcome.tree)


def _text(fields: Fields, name: str, longest: int) -> str:
    value = _one(fields, name).replace("\r\n", "\n")
    if len(value) > longest:
        said = _("The field %(name)s has more than %(longest)s characters.")
        raise UnreadableForm(said % {"name": name, "longest": longest})
    return value


def seen_in(fields: Fields, name: str) -> int:
    """The lock version that a form brings along. Raises `UnreadableForm`."""
    value = _one(fields, name)
    if not value.isdecimal() or len(value) > 9:
        raise UnreadableForm(_("The field %(name)s must be a whole number.") % {"name": name})
    return int(value)


def _base(flow: Flow, fields: Fields) -> FlowVersion | None:
    value = _one(fields, "base")
    if value == "":
        return None
    try:
        base = flow.versions.filter(pk=UUID(value)).first()
    except ValueError:
        base = None
    if base is None:
        raise UnreadableForm(_("The field base names no version of this flow."))
    return base


def _one(fields: Fields, name: str) -> str:
    values = fields.get(name, ())
    if len(values) != 1:
        raise UnreadableForm(_("The field %(name)s must be there once.") % {"name": name})
    return values[0]
