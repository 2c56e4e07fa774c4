"""Taking flows in from a file: new ones are published, changed ones become drafts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account, Team, User
from flowpilot.accounts.roles import administers
from flowpilot.flows.actions.drafts import DraftConflict, Seen, Texts, same_tree, save_draft
from flowpilot.flows.actions.publishing import create_flow, publish_version
from flowpilot.flows.exchange.portable import PortableFlow
from flowpilot.flows.models import Flow, VersionSource

What = Literal["new", "change", "same", "draft", "foreign", "twice"]
"""new: is made and published. change: becomes a draft of the flow of that name. same: nothing to do. Left
out: draft, whose flow has a draft already; foreign, another team's; twice, which the file holds already."""


@dataclass(frozen=True)
class Entry:
    """What happens, or would, to one flow of the file; `flow` is the account's of that name."""

    portable: PortableFlow
    what: What
    flow: Flow | None = None


def planned(account_id: UUID, portables: Iterable[PortableFlow], *, by: User | None) -> list[Entry]:
    """What taking them in would do. `by` None: a command on the server, which may change any flow."""
    portables = list(portables)
    slugs = [portable.slug for portable in portables if portable.slug]
    rows = Flow.objects.for_account(account_id).filter(slug__in=slugs)
    known = {flow.slug: flow for flow in rows.select_related("current_version", "draft")}
    entries, seen = [], set()
    for portable in portables:
        flow = known.get(portable.slug)
        twice = portable.slug in seen
        entries.append(Entry(portable, "twice" if twice else _what(portable, flow, by), flow))
        seen |= {portable.slug} - {""}
    return entries


def _what(portable: PortableFlow, flow: Flow | None, by: User | None) -> What:
    if flow is None:
        return "new"
    version, texts = flow.current_version, Texts(portable.title, portable.summary, portable.domain)
    unchanged = version is not None and same_tree(portable.tree.to_json(), version.tree_structure)
    if unchanged and texts == Texts.of(flow):
        return "same"
    if by is not None and not administers(by, flow):
        return "foreign"
    return "draft" if hasattr(flow, "draft") else "change"


@transaction.atomic
def import_flows(
    account_id: UUID, portables: Iterable[PortableFlow], *, team: Team | None = None, by: User | None
) -> list[Entry]:
    """Do what `planned` says, all or nothing. `team`: whose the new ones are.

    The account's row is locked: whoever hands the same file in at the same time waits, and finds it done.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account_id)
    return [_done(entry, account_id, team, by) for entry in planned(account_id, portables, by=by)]


def _done(entry: Entry, account_id: UUID, team: Team | None, by: User | None) -> Entry:
    if entry.what == "new":
        _make(account_id, entry.portable, team, by)
    elif entry.what == "change" and entry.flow is not None:
        try:
            _draft(entry.flow, entry.portable, by)
        except DraftConflict:
            # Somebody began one just now.
            return replace(entry, what="draft")
    return entry


def _make(account_id: UUID, portable: PortableFlow, team: Team | None, by: User | None) -> None:
    flow = create_flow(
        account_id,
        title=portable.title,
        summary=portable.summary,
        domain=portable.domain or None,
        team=team,
        owner=by,
    )
    if portable.slug and not Flow.objects.for_account(account_id).filter(slug=portable.slug).exists():
        # Under its own name it is known again when the file comes a second time.
        Flow.objects.filter(pk=flow.pk).update(slug=portable.slug)
        flow.slug = portable.slug
    publish_version(
        flow, portable.tree, base=None, note=_("Imported from a file"), source=VersionSource.IMPORT, by=by
    )


def _draft(flow: Flow, portable: PortableFlow, by: User | None) -> None:
    save_draft(
        flow,
        portable.tree,
        texts=Texts(portable.title, portable.summary, portable.domain),
        base=flow.current_version,
        seen=Seen(),
        source=VersionSource.IMPORT,
        by=by,
    )
