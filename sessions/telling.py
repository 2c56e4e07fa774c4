"""What engines are told of steps and flows: the rows' columns as typed facts."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from flowpilot.ai.contracts import CandidateFlow, StepFacts, StepKind, StepOutcome, StepSource
from flowpilot.flows.models import FlowVersion
from sessions.models import AISessionStep, label_of


def steps_of(account_id: UUID, ids: Sequence[UUID]) -> dict[UUID, list[StepFacts]]:
    """Each session's steps in their order, straight from the columns: model instances between take half of
    the time."""
    rows = (
        AISessionStep.objects.for_account(account_id)
        .filter(session_id__in=ids, superseded_at__isnull=True)
        .order_by("session_id", "step_order")
        .values_list(*_STEP)
    )
    steps: dict[UUID, list[StepFacts]] = defaultdict(list)
    for session_id, pinned, of_version, *columns in rows:
        step = _step_facts(*columns)
        steps[session_id].append(_of_no_flow(step) if of_version and of_version != pinned else step)
    return steps


def candidate(version: FlowVersion) -> CandidateFlow:
    """A flow version (with its flow loaded) as an engine sees it."""
    return CandidateFlow(
        flow_id=version.flow_id,
        version_id=version.pk,
        number=version.number,
        title=version.flow.title,
        summary=version.flow.summary,
        domain=version.flow.domain,
        tree=version.tree_structure,
    )


def _of_no_flow(step: StepFacts) -> StepFacts:
    """A step of a flow that was followed before the pinned one: it was done, but says nothing of this one."""
    return step.model_copy(update={"source": "engineer", "node_id": None})


def _step_facts(
    pk: UUID,
    order: int,
    kind: StepKind,
    source: StepSource,
    node_id: str,
    title: str,
    body: str,
    options: Sequence[dict[str, str]],
    chosen: str,
    response: str,
    outcome: StepOutcome | None,
) -> StepFacts:
    """The columns of `_STEP` from the step's own id on."""
    return StepFacts(
        id=pk,
        order=order,
        kind=kind,
        source=source,
        node_id=node_id or None,
        title=title,
        body=body,
        options=tuple(option["label"] for option in options),
        chosen=label_of(options, chosen),
        chosen_option_id=chosen or None,
        response=response,
        outcome=outcome or None,
    )


_STEP = (
    "session_id",
    "session__flow_version_id",
    "of_version",
    "id",
    "step_order",
    "kind",
    "source",
    "node_id",
    "title",
    "body",
    "options",
    "chosen_option",
    "response",
    "outcome",
)
