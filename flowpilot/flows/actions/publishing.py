"""Flows and their versions: made, published, retired, restored."""

from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from flowpilot.accounts import audit
from flowpilot.accounts.models import Account, Client, Team, User
from flowpilot.flows.document import Tree
from flowpilot.flows.grounding import still_there
from flowpilot.flows.matching import library
from flowpilot.flows.models import Flow, FlowVersion, VersionSource


class VersionConflict(Exception):
    """The flow has moved on: `current` is the version number that is in force now."""

    def __init__(self, current: int | None) -> None:
        super().__init__(f"The flow is at version {current or '–'} now.")
        self.current = current


class CannotRetire(Exception):
    """The flow is not published, so there is nothing to retire."""


class CannotRestore(Exception):
    """The flow is not retired, or the version is in force already: there is nothing to restore."""


def free_slug(account_id: UUID, title: str) -> str:
    """A slug that no other flow of the account has, readable from the title."""
    stem = slugify(title)[:70] or "flow"
    taken = set(
        Flow.objects.for_account(account_id).filter(slug__startswith=stem).values_list("slug", flat=True)
    )
    candidate, number = stem, 1
    while candidate in taken:
        number += 1
        candidate = f"{stem}-{number}"
    return candidate


def create_flow(
    account_id: UUID,
    *,
    title: str,
    summary: str = "",
    domain: str | None = None,
    team: Team | None = None,
    client: Client | None = None,
    owner: User | None = None,
    forked_from: Flow | None = None,
) -> Flow:
    """A flow without content yet; it becomes visible to matching with its first version.

    The account's row is locked, because two flows of one title at the same moment would both find the
    same slug free.
    """
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(pk=account_id)
        return Flow.objects.create(
            account_id=account_id,
            title=title,
            slug=free_slug(account_id, title),
            summary=summary,
            domain=domain,
            team=team,
            client=client,
            owner=owner,
            forked_from=forked_from,
        )


@transaction.atomic
def describe(flow: Flow, meta: Mapping[str, str | None], *, by: User | None) -> None:
    """Give a flow another title, summary or domain, as far as `meta` names them and they are different."""
    locked = Flow.objects.select_for_update(of=("self",)).get(pk=flow.pk)
    given = {"title": meta.get("title") or locked.title, "domain": meta.get("domain", locked.domain)}
    given["summary"] = meta.get("summary", locked.summary) or ""
    changes = {
        name: (getattr(locked, name) or "", value or "")
        for name, value in given.items()
        if getattr(locked, name) != value
    }
    if not changes:
        return
    for name in changes:
        setattr(locked, name, given[name])
        setattr(flow, name, given[name])
    locked.save(update_fields=[*changes, "updated_at"])
    library.index(locked)
    audit.record(audit.Verb.CHANGED, account_id=locked.account_id, subject=locked, changes=changes, by=by)


@transaction.atomic
def publish_version(
    flow: Flow,
    tree: Tree,
    *,
    base: FlowVersion | None,
    note: str = "",
    grounding: dict[str, object] | None = None,
    source: VersionSource = VersionSource.EDIT,
    by: User | None,
) -> FlowVersion:
    """Publish a tree as the flow's next version and make it the current one.

    `base` is the version that the publisher has seen (None for the first): if another version came
    in between, nothing is written and `VersionConflict` names the one in force. The tree is a
    parsed one, so an invalid tree cannot get here. Without a `grounding` of its own a version keeps what
    the one before it, or for a variant's first the origin's, says about the steps that are still there.
    """
    locked = Flow.objects.select_for_update(of=("self",)).select_related("current_version").get(pk=flow.pk)
    current = locked.current_version
    if (current and current.pk) != (base and base.pk):
        raise VersionConflict(current.number if current else None)
    newest = locked.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = FlowVersion.objects.create(
        account_id=locked.account_id,
        flow=locked,
        number=newest + 1,
        tree_structure=tree.to_json(),
        grounding=_grounding_before(locked, tree) if grounding is None else grounding,
        note=note,
        source=source,
        texts={"title": locked.title, "summary": locked.summary, "domain": locked.domain or ""},
        published_by=by,
        published_at=timezone.now(),
    )
    locked.current_version, locked.status = version, Flow.Status.PUBLISHED
    locked.save(update_fields=["current_version", "status", "updated_at"])
    library.index(locked)
    number = (str(current.number) if current else "", str(version.number))
    audit.record(
        audit.Verb.FLOW_PUBLISHED,
        account_id=locked.account_id,
        subject=locked,
        changes={"version": number},
        note=note,
        by=by,
    )
    flow.current_version, flow.status = version, Flow.Status.PUBLISHED
    return version


def _grounding_before(flow: Flow, tree: Tree) -> dict[str, object]:
    origin = flow.forked_from if flow.current_version is None else flow
    before = origin.current_version if origin else None
    return still_there(before.grounding, tree) if before else {}


@transaction.atomic
def retire(flow: Flow, *, by: User | None) -> None:
    """Take a flow out of matching; its versions and the sessions that pinned them stay."""
    changed = Flow.objects.filter(pk=flow.pk, status=Flow.Status.PUBLISHED).update(
        status=Flow.Status.RETIRED, updated_at=timezone.now()
    )
    if not changed:
        raise CannotRetire
    flow.status = Flow.Status.RETIRED
    library.index(flow)
    audit.record(audit.Verb.FLOW_RETIRED, account_id=flow.account_id, subject=flow, by=by)


@transaction.atomic
def restore(flow: Flow, *, by: User | None) -> None:
    """Bring a retired flow back into matching, with the version that it had."""
    changed = Flow.objects.filter(
        pk=flow.pk, status=Flow.Status.RETIRED, current_version__isnull=False
    ).update(status=Flow.Status.PUBLISHED, updated_at=timezone.now())
    if not changed:
        raise CannotRestore
    flow.status = Flow.Status.PUBLISHED
    library.index(flow)
    audit.record(audit.Verb.RESTORED, account_id=flow.account_id, subject=flow, by=by)


def restore_version(
    flow: Flow, version: FlowVersion, *, base: FlowVersion | None, by: User | None
) -> FlowVersion:
    """What an earlier version said becomes the next one. `base` is the version in force that was seen.

    Raises `CannotRestore` for the version in force, `VersionConflict` when another one came in between.
    """
    if base is not None and version.pk == base.pk:
        raise CannotRestore
    note = _("Version %(number)s restored") % {"number": version.number}
    return publish_version(
        flow,
        version.tree,
        base=base,
        note=note,
        grounding=version.grounding,
        source=VersionSource.RESTORE,
        by=by,
    )
