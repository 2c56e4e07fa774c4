"""The sessions that a proposal stands on, as far as its reader may open them.

A proposal is seen by its team; a session that speaks for it may have gone to another team since. Whoever
may not open a session learns that there is one, how it ended and how long it took, and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.urls import reverse

from flowpilot.accounts.models import User
from flowpilot.core.web import visible
from proposals.grounding import sources_together
from proposals.models import FlowProposal, ProposalDraft
from sessions.models import AISession, opening_in

EVIDENCE_SHOWN = 50
"""Sessions in the evidence table, the newest first; the figures above it come from them too."""
EVIDENCE_COLUMNS = (
    "proposal",
    "resolution_no",
    "carried_from",
    "session__problem_summary",
    "session__status",
    "session__session_rating",
    "session__created_at",
    "session__ended_at",
    "session__user__name",
    "session__user__email",
    "session__client__name",
)
"""What the evidence table shows; sessions hold long texts besides."""
SOURCES_SHOWN = 5
"""Sessions named beside one node; the evidence table names all."""


@dataclass(frozen=True)
class Evidence:
    """One session that speaks for a proposal; `number` is what the steps of the tree call it.

    session: None for a reader who may not open it. client_id is for counting clients only.
    counts: it is still resolved as it was; False when it was reopened since. carried: a duplicate brought it.
    """

    number: int
    session_id: UUID
    client_id: UUID | None
    status: str
    minutes: float | None
    counts: bool
    session: AISession | None
    carried: bool

    @property
    def url(self) -> str:
        """The session's page; "" for those who may not open it."""
        return reverse("sessions:detail", args=[self.session_id]) if self.session else ""


@dataclass(frozen=True)
class Sources:
    """The sessions that a node comes from: the first few of them, and how many more."""

    shown: tuple[Evidence, ...]
    more: int


def evidence_of(proposal: FlowProposal, user: User) -> list[Evidence]:
    """The newest sessions that spoke for a proposal, also those that were reopened since."""
    still = Q(
        superseded_at__isnull=True,
        session__status=AISession.Status.RESOLVED,
        session__resolution_no=F("resolution_no"),
    )
    rows = (
        proposal.evidence.seen_by(user)
        .select_related("session__user", "session__client")
        .only(*EVIDENCE_COLUMNS)
        .annotate(
            counts=ExpressionWrapper(still, output_field=BooleanField()),
            opening=opening_in("session__intake_content"),
        )
        .order_by("-session_id")[:EVIDENCE_SHOWN]
    )
    return [_evidence(number, row) for number, row in enumerate(rows, start=1)]


def _evidence(number: int, row: Any) -> Evidence:
    session: AISession = row.session
    # Read with the row: a session without a summary would ask for its intake, a query each.
    session.opening = row.opening  # type: ignore[attr-defined]
    return Evidence(
        number=number,
        session_id=session.pk,
        client_id=session.client_id,
        status=session.status,
        minutes=session.minutes,
        counts=row.counts,
        session=session if row.seen else None,
        carried=row.carried_from_id is not None,
    )


def origins_of(proposal: FlowProposal) -> dict[str, list[dict[str, Any]]]:
    """By key where the steps of the current draft come from; of a change to a flow also its version's."""
    draft, version = proposal.current_draft, proposal.base_version
    return sources_together(version.grounding if version else {}, draft.grounding if draft else {})


def sources_of(
    origins: Mapping[str, list[dict[str, Any]]], evidence: Sequence[Evidence]
) -> dict[str, Sources]:
    """By node id: the evidence that its text was taken from."""
    by_session = {row.session_id: row for row in evidence}
    return {key: _sources(spans, by_session) for key, spans in origins.items() if "/" not in key}


def _sources(spans: Iterable[Mapping[str, str]], by_session: Mapping[UUID, Evidence]) -> Sources:
    ids = {UUID(span["session"]) for span in spans}
    rows = sorted((by_session[pk] for pk in ids if pk in by_session), key=lambda row: row.number)
    shown = tuple(rows[:SOURCES_SHOWN])
    return Sources(shown, len(ids) - len(shown))


def origin_for(user: User, draft: ProposalDraft) -> dict[str, Any]:
    """{"grounding", "basis"} of a draft without the sessions that the user may not open.

    The counts stay whole: they are numbers, and every reader of the proposal sees them.
    """
    sources = _spans_of(draft)
    named = [span["session"] for spans in sources.values() for span in spans]
    hidden = _hidden_from(user, [*named, *draft.basis])
    kept = {key: [span for span in spans if span["session"] not in hidden] for key, spans in sources.items()}
    return {
        "grounding": {**draft.grounding, "sources": kept} if draft.grounding else {},
        "basis": [each for each in draft.basis if each not in hidden],
    }


def _hidden_from(user: User, named: Iterable[str]) -> frozenset[str]:
    """Those names that are ids of sessions of the account which the user may not open."""
    seen = visible(AISession, user).filter(pk=OuterRef("pk"))
    rows = AISession.objects.for_account(user.account_id).filter(~Exists(seen), pk__in=set(_ids(named)))
    return frozenset(str(pk) for pk in rows.values_list("pk", flat=True))


def _ids(named: Iterable[str]) -> Iterator[UUID]:
    """What a draft rests on may also be a rule or a model, whose names are no ids."""
    for each in named:
        with suppress(ValueError):
            yield UUID(each)


def _spans_of(draft: ProposalDraft | None) -> dict[str, list[dict[str, str]]]:
    spans: dict[str, list[dict[str, str]]] = (draft.grounding if draft else {}).get("sources", {})
    return spans
