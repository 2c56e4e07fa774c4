"""Installing the starter library in an account, and bringing what was installed up to date.

What an account has edited is never overwritten: it gets the newer state as a draft, merged with its own, or,
where both contradict, the offer to rebase on it. Title, summary and domain follow where they still say what
they came with; the pages that a state rests on are in the note of its version.
"""

from dataclasses import asdict, dataclass, replace
from typing import Literal
from uuid import UUID

from django.db import connection, transaction

from flowpilot.accounts.models import User
from flowpilot.core.locks import lock_key
from flowpilot.flows.actions.drafts import DraftConflict, Seen, Texts, in_step_with, save_draft
from flowpilot.flows.actions.publishing import (
    VersionConflict,
    create_flow,
    describe,
    publish_version,
    retire,
)
from flowpilot.flows.models import Flow, FlowDraft, FlowOrigin, VersionSource
from flowpilot.flows.origins import Upstream, rebased, retold, starter_state, untouched, upstream
from flowpilot.flows.starter.catalogue import Starter, starters

What = Literal["install", "upgrade", "draft", "offer", "current"]
"""install: new here. upgrade: a next version of one that nobody edited. draft: edited here, and merged with
the newer state as a draft. offer: edited here, to be rebased by a person. current: nothing to do."""


@dataclass(frozen=True)
class Step:
    """What happens, or would, to one starter. flow: the account's, None where it is new."""

    starter: Starter
    what: What
    flow: Flow | None = None
    newer: Upstream | None = None


def planned(account_id: UUID) -> list[Step]:
    """What installing would do in the account."""
    rows = Flow.objects.for_account(account_id).filter(origin__kind=FlowOrigin.Kind.STARTER)
    loaded = rows.select_related("origin", "current_version", "draft")
    by_key = {flow.origin.key: flow for flow in loaded}
    return [_planned(starter, by_key.get(key)) for key, starter in starters().items()]


@transaction.atomic
def install_starters(account_id: UUID, *, by: User | None) -> list[Step]:
    """Do what `planned` says; for flows that somebody changes at the same moment what is newer is offered.
    Whoever asks at the same time waits, and finds it done."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key(f"starters {account_id}")])
    return [_done(step, account_id, by) for step in planned(account_id)]


def _done(step: Step, account_id: UUID, by: User | None) -> Step:
    try:
        with transaction.atomic():
            if step.what == "install":
                _install(account_id, step.starter, by)
            elif step.what == "upgrade" and step.flow and step.newer:
                _upgrade(step.flow, step.newer, by)
            elif step.what == "draft" and step.flow and step.newer and not _merge(step.flow, step.newer, by):
                return replace(step, what="current")
    except (DraftConflict, VersionConflict):
        return replace(step, what="offer")
    return step


def tally(steps: list[Step]) -> dict[What, int]:
    return {what: sum(step.what == what for step in steps) for what in _WAYS}


_WAYS: tuple[What, ...] = ("install", "upgrade", "draft", "offer", "current")


def _planned(starter: Starter, flow: Flow | None) -> Step:
    if flow is None:
        return Step(starter, "install")
    draft: FlowDraft | None = getattr(flow, "draft", None)
    newer = upstream(flow, draft.origin if draft else None)
    if newer is None or flow.current_version is None:
        return Step(starter, "current", flow)
    if draft is not None:
        return Step(starter, "offer", flow, newer)
    if untouched(flow):
        return Step(starter, "upgrade", flow, newer)
    merges = rebased(newer, flow.current_version.tree, {}).tree is not None
    return Step(starter, "draft" if merges else "offer", flow, newer)


def _install(account_id: UUID, starter: Starter, by: User | None) -> None:
    flow = create_flow(account_id, title=starter.title, summary=starter.summary, domain=starter.domain)
    state = starter_state(starter)
    publish_version(flow, starter.tree, base=None, note=state.note, source=VersionSource.STARTER, by=by)
    FlowOrigin.objects.create(
        account_id=account_id,
        flow=flow,
        kind=FlowOrigin.Kind.STARTER,
        key=starter.key,
        version=starter.version,
        tree=starter.tree.to_json(),
        texts=state.texts,
    )


def _upgrade(flow: Flow, newer: Upstream, by: User | None) -> None:
    status, state = flow.status, newer.newest
    describe(flow, retold(newer, asdict(Texts.of(flow))), by=by)
    publish_version(
        flow, state.tree, base=flow.current_version, note=state.note, source=VersionSource.STARTER, by=by
    )
    if status == Flow.Status.RETIRED:
        # An account that took it out of use gets the newer text, and keeps it out of use.
        retire(flow, by=by)
    in_step_with(flow, state.to_json())


def _merge(flow: Flow, newer: Upstream, by: User | None) -> bool:
    """Whether there is a draft now: a flow that says all of it already is only brought in step."""
    version = flow.current_version
    tree = rebased(newer, version.tree, {}).tree if version else None
    if tree is None:
        return False
    texts, origin = Texts(**retold(newer, asdict(Texts.of(flow)))), newer.newest.to_json()
    return save_draft(flow, tree, texts=texts, base=version, seen=Seen(), origin=origin, by=by) is not None
