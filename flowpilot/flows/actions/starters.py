"""Installing the starter library in an account, and bringing what was installed up to date.

What an account has edited is never overwritten: it gets the newer state as a draft, merged with its own, or,
where both contradict, the offer to rebase on it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts.models import User
from flowpilot.flows.actions.drafts import Texts, save_draft
from flowpilot.flows.actions.publishing import create_flow, publish_version, retire
from flowpilot.flows.models import Flow, FlowDraft, FlowOrigin
from flowpilot.flows.origins import Upstream, rebased, untouched, upstream
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
    """Do what `planned` says, all or nothing."""
    steps = planned(account_id)
    for step in steps:
        if step.what == "install":
            _install(account_id, step.starter, by)
        elif step.what == "upgrade" and step.flow:
            _upgrade(step.flow, step.starter, by)
        elif step.what == "draft" and step.flow and step.newer:
            _merge(step.flow, step.newer, by)
    return steps


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
    publish_version(flow, starter.tree, base=None, note=_note(starter), by=by)
    FlowOrigin.objects.create(
        account_id=account_id,
        flow=flow,
        kind=FlowOrigin.Kind.STARTER,
        key=starter.key,
        version=starter.version,
        tree=starter.tree.to_json(),
    )


def _upgrade(flow: Flow, starter: Starter, by: User | None) -> None:
    status = flow.status
    publish_version(flow, starter.tree, base=flow.current_version, note=_note(starter), by=by)
    if status == Flow.Status.RETIRED:
        # An account that took it out of use gets the newer text, and keeps it out of use.
        retire(flow, by=by)
    FlowOrigin.objects.filter(flow=flow).update(version=starter.version, tree=starter.tree.to_json())


def _merge(flow: Flow, newer: Upstream, by: User | None) -> None:
    version = flow.current_version
    tree = rebased(newer, version.tree, {}).tree if version else None
    if tree is not None:
        save_draft(flow, tree, texts=Texts.of(flow), base=version, seen=0, origin=newer.state, by=by)


def _note(starter: Starter) -> str:
    return "\n".join(_lines(starter))


def _lines(starter: Starter) -> Iterator[str]:
    yield _("Starter library, version %(number)s. It rests on:") % {"number": starter.version}
    yield from (f"{source.title}: {source.url}" for source in starter.sources)
