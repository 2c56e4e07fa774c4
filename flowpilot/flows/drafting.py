"""The editor's work on a flow: where it begins, what a form brings back, how it meets newer versions."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from secrets import token_hex
from typing import Any, Literal
from uuid import UUID

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.accounts.roles import administers
from flowpilot.core.web import find
from flowpilot.flows.actions import Texts
from flowpilot.flows.actions.drafts import EMPTY, Seen
from flowpilot.flows.changes import Conflict, merge3
from flowpilot.flows.document import Tree, parse
from flowpilot.flows.favourites import starred_by
from flowpilot.flows.formfields import Fields, UnreadableForm, from_fields
from flowpilot.flows.models import Flow, FlowDraft, FlowOrigin, FlowVersion
from flowpilot.flows.origins import Upstream, rebased, retold, told_anew, upstream
from flowpilot.flows.trees.advice import Known, scripts_in
from flowpilot.flows.trees.merge import Side

TEXTS = {"title": 200, "summary": 20_000, "domain": 100}
"""The fields beside the tree, with the most characters of each."""


@dataclass(frozen=True)
class Work:
    """What is on the screen. seen: the state of the draft that it goes back to. base: the version edited
    on, None before the first. against: what the conflicts are with."""

    flow: Flow
    draft: FlowDraft | None
    seen: Seen
    base: FlowVersion | None
    tree: Tree
    texts: Texts
    pen: str = ""
    """The window of the editor."""
    origin: dict[str, Any] | None = None
    """The state of the flow's origin that it is rebased on, if it is newer than the flow's own."""
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

    @property
    def reviewed(self) -> Known:
        """Scripts that somebody answered for: of the versions in force, and of what the flow comes from."""
        comes_from: FlowOrigin | None = getattr(self.flow, "origin", None)
        documents = [version.tree_structure for version in (self.base, self.current) if version]
        documents += [comes_from.tree] if comes_from else []
        documents += [self.origin["tree"]] if self.origin else []
        return scripts_in(documents)

    @cached_property
    def upstream(self) -> Upstream | None:
        return upstream(self.flow, self.origin)


def flow_of(user: User, pk: UUID) -> Flow:
    """The flow with its draft, versions, origin and the user's star; 404 when it is not the user's to see."""
    rows = Flow.objects.with_people().select_related(
        "draft__base_version", "draft__updated_by", "origin", "forked_from__current_version"
    )
    rows = rows.defer("forked_from__current_version__grounding").annotate(starred=starred_by(user))
    return find(rows, user, pk)


def may_edit(user: User, flow: Flow) -> bool:
    return administers(user, flow)


def draft_of(flow: Flow) -> FlowDraft | None:
    return getattr(flow, "draft", None)


def start(flow: Flow) -> Work:
    """The draft as it was left, else the version in force, else a first question."""
    draft = draft_of(flow)
    if draft is not None:
        seen, base, origin = Seen.of(draft), draft.base_version, draft.origin
        return Work(flow, draft, seen, base, draft.work, Texts.of(draft), new_pen(), origin)
    version = flow.current_version
    return Work(flow, None, Seen(), version, version.tree if version else EMPTY, Texts.of(flow), new_pen())


def new_pen() -> str:
    return token_hex(16)


def typed(flow: Flow, fields: Fields) -> Work:
    """The work as a form brought it. Raises `UnreadableForm`."""
    texts = Texts(*(_text(fields, name, longest) for name, longest in TEXTS.items()))
    seen, base, pen = seen_in(fields, "lock"), _base(flow, fields), _text(fields, "pen", 32)
    draft = draft_of(flow)
    return Work(flow, draft, seen, base, from_fields(fields), texts, pen, _origin(draft, fields))


def merged(work: Work, settled: Mapping[str, Side]) -> Work:
    """The work on the flow's current version, or as it was with what contradicts that.

    Raises `InvalidTree`: only a valid tree can be merged.
    """
    if work.current is None:
        return replace(work, base=None)
    base = work.base.tree if work.base else _begun_with(work.flow)
    ours, theirs = work.current.tree, parse(work.tree.to_json())
    outcome = merge3(base=base, ours=ours, theirs=theirs, settle=settled)
    if outcome.tree is None:
        return replace(work, conflicts=outcome.conflicts, against="merge")
    was, own = (work.base.texts if work.base else {}), asdict(work.texts)
    texts = told_anew(own, was=was, newest=asdict(Texts.of(work.flow)))
    return replace(work, base=work.current, tree=outcome.tree, texts=Texts(**texts))


def _begun_with(flow: Flow) -> Tree:
    """What the first draft of a flow began with: a variant's with its origin."""
    origin: FlowOrigin | None = getattr(flow, "origin", None)
    return parse(origin.tree) if origin else EMPTY


def on_origin(work: Work, onto: Upstream, settled: Mapping[str, Side]) -> Work:
    """The work with what its origin changed since, or with what contradicts that. Raises `InvalidTree`."""
    outcome = rebased(onto, parse(work.tree.to_json()), dict(settled))
    if outcome.tree is None:
        return replace(work, conflicts=outcome.conflicts, against="rebase")
    texts = Texts(**retold(onto, asdict(work.texts)))
    return replace(work, tree=outcome.tree, texts=texts, origin=onto.newest.to_json())


def _text(fields: Fields, name: str, longest: int) -> str:
    value = _one(fields, name).replace("\r\n", "\n")
    if len(value) > longest:
        said = _("The field %(name)s has more than %(longest)s characters.")
        raise UnreadableForm(said % {"name": name, "longest": longest})
    return value


def seen_in(fields: Fields, name: str) -> Seen:
    """The state of the draft that a form brings along. Raises `UnreadableForm`."""
    try:
        return Seen.read(_one(fields, name))
    except ValueError:
        said = _("The field %(name)s names no state of a draft.") % {"name": name}
        raise UnreadableForm(said) from None


def _origin(draft: FlowDraft | None, fields: Fields) -> dict[str, Any] | None:
    """The state of the origin that the form's tree is rebased on, as the draft remembers it. Of a state that
    it no longer has nothing is said: to be rebased once more on what it holds already does no harm."""
    state: dict[str, Any] | None = draft.origin if draft else None
    return state if state and str(state["version"]) == _one(fields, "origin") else None


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
