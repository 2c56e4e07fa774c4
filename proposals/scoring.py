"""Drafts and published versions against the rubric, with the sessions that they were made from."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal
from uuid import UUID

from django.db.models import F
from pydantic import TypeAdapter, ValidationError

from flowpilot.ai.contracts import Grounding, SessionFacts
from flowpilot.ai.rubric import RubricIssue, score_tree
from flowpilot.flows.models import FlowOrigin, FlowVersion
from proposals.facts import ended
from proposals.grounding import KeptSpan, counts
from proposals.models import FlowProposal

_GROUNDING = TypeAdapter(dict[str, tuple[KeptSpan, ...]])


@dataclass(frozen=True)
class Scored:
    kind: Literal["draft", "version"]
    id: UUID
    title: str
    issues: tuple[RubricIssue, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "id": str(self.id),
            "title": self.title,
            "issues": [asdict(issue) for issue in self.issues],
        }


NEED_SESSIONS = frozenset({"verbatim", "grounding"})
"""Rules that compare a tree with the sessions it was made from."""


def scored_trees(account_id: UUID) -> Iterator[Scored]:
    """An account's current drafts, and every version that a proposal was published as; oldest first. Then
    what is in force of the starter library, by the rules that need no sessions."""
    proposals = FlowProposal.objects.for_account(account_id).order_by("pk")
    shown = proposals.select_related("current_draft", "published_version__flow")
    for proposal in shown.iterator(chunk_size=100):
        facts = _evidence(proposal)
        draft, version = proposal.current_draft, proposal.published_version
        if draft is not None:
            issues = _issues(draft.title, draft.tree, draft.grounding, facts, partial=proposal.is_enhancement)
            yield Scored("draft", draft.pk, draft.title, tuple(issues))
        if version is not None:
            issues = _version_issues(proposal, version, facts)
            yield Scored("version", version.pk, version.flow.title, tuple(issues))
    yield from _scored_starters(account_id)


def _scored_starters(account_id: UUID) -> Iterator[Scored]:
    current = FlowVersion.objects.for_account(account_id).filter(
        flow__origin__kind=FlowOrigin.Kind.STARTER, pk=F("flow__current_version")
    )
    for version in current.select_related("flow").order_by("pk").iterator(chunk_size=100):
        issues = score_tree(version.flow.title, version.tree_structure, {}, [])
        kept = tuple(issue for issue in issues if issue.rule not in NEED_SESSIONS)
        yield Scored("version", version.pk, version.flow.title, kept)


def _version_issues(
    proposal: FlowProposal, version: FlowVersion, facts: Sequence[SessionFacts]
) -> list[RubricIssue]:
    partial = proposal.is_enhancement or proposal.status == FlowProposal.Status.EDITED
    return _issues(version.flow.title, version.tree_structure, version.grounding, facts, partial=partial)


def _evidence(proposal: FlowProposal) -> list[SessionFacts]:
    ids = proposal.evidence.filter(superseded_at__isnull=True).values_list("session_id", flat=True)
    return [facts for _row, facts in ended(proposal.account_id, ids)]


def _issues(
    title: str, tree: object, kept: dict[str, Any], facts: Sequence[SessionFacts], *, partial: bool
) -> list[RubricIssue]:
    try:
        grounding: Grounding = dict(_GROUNDING.validate_python(kept.get("sources", {})))
    except ValidationError as error:
        return [RubricIssue("grounding", "", f"The sources cannot be read: {error.error_count()} errors.")]
    issues = score_tree(title, tree, grounding, facts, partial=partial)
    wrong = _differing(kept.get("counts", {}), counts(grounding, facts))
    return [*issues, *(RubricIssue("counts", key, "The counts differ from the sources.") for key in wrong)]


def _differing(kept: dict[str, Any], counted: dict[str, dict[str, int]]) -> list[str]:
    return [key for key in sorted(kept.keys() | counted.keys()) if kept.get(key) != counted.get(key)]
