"""Unpublished work on a flow: begun, saved on top of what was seen, published or thrown away.

Whoever saves says which state of the draft was on the screen (`Seen`). A save on top of another state writes
nothing, so nobody's work goes under in somebody else's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import transaction

from flowpilot.accounts import audit
from flowpilot.accounts.models import Client, Team, User
from flowpilot.flows.actions.publishing import create_flow, describe, publish_version
from flowpilot.flows.document import Node, Tree, parse
from flowpilot.flows.models import Flow, FlowDraft, FlowOrigin, FlowVersion, VersionSource


class DraftConflict(Exception):
    """Somebody saved, published or threw away the draft meanwhile; `draft` is what there is now."""

    def __init__(self, draft: FlowDraft | None) -> None:
        super().__init__("The draft is another one now.")
        self.draft = draft


class NothingToPublish(Exception):
    """The flow has no draft."""


@dataclass(frozen=True)
class Texts:
    """What a flow says of itself beside its tree."""

    title: str
    summary: str = ""
    domain: str = ""

    @classmethod
    def of(cls, row: Flow | FlowDraft) -> "Texts":
        return cls(row.title, row.summary, row.domain or "")


@dataclass(frozen=True)
class Seen:
    """A state of a flow's draft: its key and lock version; neither while there is no draft. With the key a
    form about a former draft is not taken for one about the draft that was begun since."""

    draft: UUID | None = None
    lock: int = 0

    @classmethod
    def of(cls, draft: FlowDraft | None) -> "Seen":
        return cls(draft.pk, draft.lock_version) if draft else cls()

    @classmethod
    def read(cls, written: str) -> "Seen":
        """What `str` wrote. Raises `ValueError`."""
        key, _dot, lock = written.partition(".")
        if not written:
            return cls()
        if not lock.isascii() or not lock.isdecimal() or len(lock) > 9:
            raise ValueError(written)
        return cls(UUID(key), int(lock))

    def __str__(self) -> str:
        return f"{self.draft}.{self.lock}" if self.draft else ""


EMPTY = Tree(1, "n1", (Node("n1", "question", ""),))
"""What a new flow begins with."""


@transaction.atomic
def start_flow(
    account_id: UUID,
    *,
    title: str,
    domain: str | None = None,
    team: Team | None = None,
    client: Client | None = None,
    by: User,
) -> Flow:
    """A new flow with an empty draft, owned by whoever made it."""
    flow = create_flow(account_id, title=title, domain=domain, team=team, client=client, owner=by)
    FlowDraft.objects.create(
        account_id=account_id,
        flow=flow,
        title=title,
        domain=domain or "",
        tree=EMPTY.to_json(),
        updated_by=by,
    )
    audit.record(audit.Verb.CREATED, account_id=account_id, subject=flow, by=by)
    return flow


@transaction.atomic
def save_draft(
    flow: Flow,
    tree: Tree,
    *,
    texts: Texts,
    base: FlowVersion | None,
    seen: Seen,
    former: Tree | None = None,
    origin: dict[str, Any] | None = None,
    pen: str = "",
    source: VersionSource = VersionSource.EDIT,
    by: User | None,
) -> FlowDraft | None:
    """Keep the work as it is, valid or not; None when it is what is published, and there was no draft.

    former: the tree before the button that was pressed, to undo it. origin: the state of the flow's origin
    that the work is rebased on, None where it is on none that is newer than the flow's own. pen: the
    editor's window, which may save again before it has heard of its own last save. source: what a draft that
    is new begins with. Raises `DraftConflict`.
    """
    draft = _seen(flow, seen, pen)
    document = tree.to_json()
    if draft is None:
        if base is not None and same_tree(document, base.tree_structure) and texts == Texts.of(flow):
            if origin is not None:
                # Nothing of what the origin changed is wanted here: the flow is in step as it is.
                in_step_with(flow, origin)
            return None
        draft = FlowDraft(account_id=flow.account_id, flow=flow, source=source, lock_version=0)
    elif _same(draft, document, texts, base) and draft.origin == origin:
        return draft
    draft.title, draft.summary, draft.domain = texts.title, texts.summary, texts.domain
    draft.tree, draft.base_version, draft.updated_by = document, base, by
    draft.former = former.to_json() if former else None
    draft.origin = origin
    if draft.pen != pen or not pen:
        draft.pen, draft.pen_since = pen, draft.lock_version
    draft.lock_version += 1
    draft.save()
    return draft


@transaction.atomic
def publish_draft(flow: Flow, *, seen: Seen, note: str = "", by: User | None) -> FlowVersion:
    """Make the draft the next version, with its title; the draft is gone then.

    Raises `NothingToPublish`, `DraftConflict`, `InvalidTree`, `publishing.VersionConflict`.
    """
    draft = _seen(flow, seen)
    if draft is None:
        raise NothingToPublish
    tree = parse(draft.tree)
    meta = {"title": draft.title, "summary": draft.summary, "domain": draft.domain or None}
    describe(flow, meta, by=by)
    source = VersionSource.REBASE if draft.origin else VersionSource(draft.source)
    version = publish_version(flow, tree, base=draft.base_version, note=note, source=source, by=by)
    if draft.origin:
        in_step_with(flow, draft.origin)
    draft.delete()
    return version


@transaction.atomic
def discard_draft(flow: Flow, *, seen: Seen, by: User | None) -> bool:
    """Throw the draft away; whether the flow went along, because nothing of it was ever published.

    Raises `NothingToPublish` and `DraftConflict`.
    """
    draft = _seen(flow, seen)
    if draft is None:
        raise NothingToPublish
    draft.delete()
    audit.record(audit.Verb.DELETED, account_id=flow.account_id, subject=flow, note="draft", by=by)
    if flow.versions.exists():
        return False
    flow.delete()
    return True


def in_step_with(flow: Flow, state: Mapping[str, Any]) -> None:
    """Keep what its origin said when the flow was last brought in step with it (`origins.State`)."""
    FlowOrigin.objects.filter(flow=flow).update(
        version=state["version"], tree=state["tree"], texts=state.get("texts", {})
    )


def _seen(flow: Flow, seen: Seen, pen: str = "") -> FlowDraft | None:
    """The draft, if it is still as it was seen. The flow is held, so two first saves do not both make one."""
    Flow.objects.select_for_update(of=("self",), no_key=True).get(pk=flow.pk)
    draft = FlowDraft.objects.select_related("base_version", "updated_by").filter(flow=flow).first()
    if Seen.of(draft) != seen and not _own(draft, seen, pen):
        raise DraftConflict(draft)
    return draft


def _own(draft: FlowDraft | None, seen: Seen, pen: str) -> bool:
    """Whether nobody but this window of the editor has saved since what it saw."""
    if draft is None or pen == "" or draft.pen != pen:
        return False
    return seen.draft in (None, draft.pk) and seen.lock >= draft.pen_since


def _same(draft: FlowDraft, document: dict[str, object], texts: Texts, base: FlowVersion | None) -> bool:
    unmoved = draft.base_version_id == (base and base.pk)
    return unmoved and same_tree(draft.tree, document) and Texts.of(draft) == texts


def same_tree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two documents differ at most in the order of their nodes, which says nothing."""
    ways = [(tree["root"], sorted(tree["nodes"], key=itemgetter("id"))) for tree in (one, other)]
    return ways[0] == ways[1]
