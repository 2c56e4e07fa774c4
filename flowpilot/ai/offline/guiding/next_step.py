"""Which step comes next, in this order: the flow that the session follows, what resolved a very similar
session, the playbook of the domain, and where that ends, handing over.

The same session always gets the same step. Nothing is made up: titles, texts and answers are those of flows,
playbooks and sessions, and what is said around them is counted.
"""

from typing import Any, Final

from django.utils.translation import gettext as _

from flowpilot.ai.contracts import GuideRequest, GuideStep, SimilarSession, StepFacts, StepOption
from flowpilot.ai.offline.guiding import telling
from flowpilot.ai.offline.guiding.answers import verdict
from flowpilot.ai.offline.guiding.playbook import AREA_NODE, AREAS, Place, asked_for_area, node_id, place_of
from flowpilot.ai.offline.guiding.repeats import alike, done_before, is_answered, words_of
from flowpilot.ai.offline.guiding.walking import Stand, stand_in
from flowpilot.ai.offline.intake.reading import addresses_a_machine
from flowpilot.ai.offline.many.words import is_risky
from flowpilot.ai.offline.versions import RULES_VERSION
from flowpilot.flows.document import Node, parse

_VERY_SIMILAR: Final = 0.5
"""Similarity from which on what resolved a session is offered before general steps."""
_QUOTED: Final = 80
_LOOKED_AT: Final = 20_000
_UNSCORED: Final = 0.5
"""Prior of a flow that the engineer chose without a score."""


def next_step(request: GuideRequest) -> GuideStep:
    """The next step; `say` begins with `opening(request)`."""
    if request.position is not None:
        step = _in_flow(request)
        if step is not None:
            return step
    elif _is_solved(request.session.steps):
        return _solved(request)
    fix = _seen_before(request)
    if fix is not None:
        return _offer(request, fix)
    place = place_of(request.session)
    if place is None:
        asked = asked_for_area(request.session)
        return _ask_for_area(request, asked) if asked < len(AREAS) else _at_a_loss(request)
    return _in_playbook(request, place)


def opening(request: GuideRequest) -> str:
    """What can be said before anything is looked up: that the last answer was understood to be this."""
    last = request.session.steps[-1] if request.session.steps else None
    if last is None or not is_answered(last):
        return _("Starting from what is known.")
    said = " ".join((last.chosen or last.response).split())[:_QUOTED]
    return _("Noted: “%(answer)s”.") % {"answer": said} if said else _("Noted.")


def _in_flow(request: GuideRequest) -> GuideStep | None:
    """The node of the flow that is due; None when none of its answers fits, so the flow does not either."""
    position = request.position
    assert position is not None
    tree = parse(position.flow.tree)
    nodes = {node.id for node in tree.nodes}

    def steps_at(node: str) -> list[StepFacts]:
        due = request.session.steps if node == position.node_id else ()
        return [step for step in due if step.source == "flow" and step.node_id == node and not step.chosen]

    done = [each for each in done_before(request.session) if not _of_flow(each.step, nodes)]
    stand = stand_in(tree, position.node_id, steps_at, done)
    if stand.need == "lost":
        return None
    score = request.session.score
    known = (
        _("The flow fits with a probability of %(percent)s") % {"percent": telling.percent(score)}
        if score is not None
        else _("The flow was chosen without a score")
    )
    why = _("Next in the flow “%(title)s”.") % {"title": position.flow.title}
    prior = score if score is not None else _UNSCORED
    return _at_node(
        request, stand, why=why, prior=prior, known=known,
        basis=(f"flow:{position.flow.flow_id}",), name=stand.node.id, body=stand.node.body,
    )  # fmt: skip


def _of_flow(step: StepFacts | None, nodes: set[str]) -> bool:
    return step is not None and step.source == "flow" and step.node_id in nodes


def _in_playbook(request: GuideRequest, place: Place) -> GuideStep:
    stand, playbook = place.stand, place.playbook
    basis = (f"playbook:{playbook.domain}@{playbook.version}",)
    if stand.need == "lost":
        return _at_a_loss(request, basis)
    first = _("No flow is being followed: this is the general playbook “%(title)s”.")
    why = (first if not stand.way else _("Next in the playbook “%(title)s”.")) % {"title": playbook.title}
    return _at_node(
        request, stand, why=why, prior=place.prior, known=_("A general step, not made for this client"),
        basis=basis, name=node_id(playbook.domain, stand.node.id), body=telling.body_with_script(stand.node),
    )  # fmt: skip


def _at_node(
    request: GuideRequest,
    stand: Stand,
    *,
    why: str,
    prior: float,
    known: str,
    basis: tuple[str, ...],
    name: str,
    body: str,
) -> GuideStep:
    node = stand.node
    value, reason = telling.confidence(prior, known, node.title, request.similar)
    left = telling.left_out(stand.left_out)
    fields: dict[str, Any] = {
        "kind": telling.kind_of(node),
        "title": node.title,
        "body": body,
        "options": tuple(StepOption(id=option.id, label=option.label) for option in node.options),
        "confidence": value,
        "confidence_reason": reason,
        "node_id": name,
        "basis": (*basis, *_sessions(request)),
    }
    if stand.need == "end":
        fields |= _end(node)
    elif stand.need != "take":
        fields |= {
            "kind": "question",
            "title": telling.result_title(node) if node.kind == "action" else node.title,
        }
        why = _not_again(stand)
    return _step(request, " ".join(part for part in (why, left) if part), **fields)


def _not_again(stand: Stand) -> str:
    if stand.need == "skipped":
        return _("The way on hangs on this step: choose what is most likely, or say that none of these fits.")
    if stand.need == "answer":
        return _("That could not be read as one of the answers: please choose the one that fits.")
    done = stand.before.text if stand.before else stand.node.title
    return _("“%(done)s” was done before: it need not be done again, only its result counts.") % {
        "done": done[:_QUOTED]
    }


def _end(node: Node) -> dict[str, Any]:
    if node.kind == "resolution":
        return {"kind": "note", "propose_resolution": True}
    return {"kind": "note", "propose_escalation": True, "escalation_reason": node.title}


def _is_solved(steps: tuple[StepFacts, ...]) -> bool:
    """Whether the last thing that was done, outside of flow and playbook, put it right."""
    last = steps[-1] if steps else None
    if last is None or last.kind == "question" or (last.node_id or "").startswith("p:"):
        return False
    if last.outcome is not None:
        return last.outcome == "worked"
    return last.source != "flow" and verdict(last.chosen or last.response) is True


def _solved(request: GuideRequest) -> GuideStep:
    last = request.session.steps[-1]
    return _step(
        request,
        _("The last step put it right, as it seems."),
        kind="note",
        title=_("Let the user try it once more, then resolve the session"),
        body=_("Note what helped: “%(title)s”.") % {"title": last.title},
        confidence=0.8,
        confidence_reason=_("The last step is noted as having worked."),
        propose_resolution=True,
        basis=("rule:last-step-worked",),
    )


def _seen_before(request: GuideRequest) -> SimilarSession | None:
    """The very similar session whose fix was neither offered nor tried, and takes nothing down."""
    done = done_before(request.session)
    offered = {step.node_id for step in request.session.steps}
    for similar in sorted(request.similar, key=lambda each: (-each.similarity, each.id)):
        fix = similar.resolution_action
        if similar.similarity < _VERY_SIMILAR or not fix.strip() or is_risky(fix):
            continue
        if _fix_id(similar) not in offered and not any(alike(each.words, words_of(fix)) for each in done):
            return similar
    return None


def _fix_id(similar: SimilarSession) -> str:
    return f"s:{similar.id.hex}"


def _offer(request: GuideRequest, similar: SimilarSession) -> GuideStep:
    fix = similar.resolution_action.strip()
    known = _("The session “%(title)s” resembles this one (%(percent)s)") % {
        "title": similar.title[:_QUOTED], "percent": telling.percent(similar.similarity)
    }  # fmt: skip
    value, reason = telling.confidence(similar.similarity, known, fix, request.similar)
    return _step(
        request,
        _("A very similar session, “%(title)s”, was resolved this way.") % {"title": similar.title[:_QUOTED]},
        kind="action",
        title=" ".join(fix.split())[: telling.TITLE],
        body=_quote(similar.resolution),
        options=(StepOption(id="o1", label=_("Solved")), StepOption(id="o2", label=_("Not solved"))),
        confidence=value,
        confidence_reason=reason,
        node_id=_fix_id(similar),
        basis=(f"session:{similar.id}",),
    )


def _quote(resolution: str) -> str:
    """What was noted there, marked as somebody else's words."""
    lines = resolution.strip()[:2_000].split("\n")
    return "\n".join(f"> {line}" for line in lines) if resolution.strip() else ""


def _ask_for_area(request: GuideRequest, asked: int) -> GuideStep:
    """`asked`: how often already; each time other areas are offered."""
    first = _("The text does not tell which area this is about, so that comes first.")
    titles = (_("What is it about?"), _("Is it about one of these?"), _("Or about one of these?"))
    return _step(
        request,
        first if not asked else _("It is none of those, so other areas come next."),
        kind="question",
        title=titles[asked],
        body=_("If none of these fits, say in your own words what does not work and what happens instead."),
        options=tuple(
            StepOption(id=f"o{number}", label=str(label))
            for number, (_key, label) in enumerate(AREAS[asked], start=1)
        ),
        confidence=0.3,
        confidence_reason=_("Nothing is known about the problem's area yet."),
        node_id=AREA_NODE,
        basis=("rule:ask-for-area",),
    )


def _at_a_loss(request: GuideRequest, basis: tuple[str, ...] = ()) -> GuideStep:
    return _step(
        request,
        _("The rules know no further step for this."),
        kind="note",
        title=_("Nothing in flows and playbooks fits: hand it over, or go on by your own judgement"),
        body=_("What you note here goes along with the hand-over; a resolution is learned from."),
        confidence=0.2,
        confidence_reason=_("None of the known answers fits what was found."),
        propose_escalation=True,
        escalation_reason=_("No flow or playbook fits what was found."),
        basis=(*basis, "rule:nothing-fits"),
    )


def _sessions(request: GuideRequest) -> tuple[str, ...]:
    return tuple(f"session:{each.id}" for each in request.similar)


def _step(request: GuideRequest, say: str, **fields: Any) -> GuideStep:
    session = request.session
    told = [session.title, session.text, session.log, *(step.response for step in session.steps)]
    return GuideStep(
        engine="offline",
        prompt_version=RULES_VERSION,
        say=f"{opening(request)} {say}",
        suspected_injection=addresses_a_machine("\n".join(told)[:_LOOKED_AT]),
        **fields,
    )
