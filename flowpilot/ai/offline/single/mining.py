"""Mining one session: its text, or its steps, as a valid and grounded flow, or as nothing with the reason."""

from dataclasses import replace

from flowpilot.ai.contracts import NewFlow, Nothing, SessionFacts
from flowpilot.ai.offline.single.answerable import with_cause
from flowpilot.ai.offline.single.cause_ways import WHICH_CAUSE
from flowpilot.ai.offline.single.code_in_ends import with_code_in_ends
from flowpilot.ai.offline.single.console import console_reading
from flowpilot.ai.offline.single.ends import ends_of, offered, plain_titles
from flowpilot.ai.offline.single.evidence import with_evidence
from flowpilot.ai.offline.single.exact_names import exact_names, with_exact_names
from flowpilot.ai.offline.single.finishing import finished
from flowpilot.ai.offline.single.flow_title import PRODUCT
from flowpilot.ai.offline.single.harmless import harmless_in, of_other_matter, without_cause
from flowpilot.ai.offline.single.implied import implied_plan
from flowpilot.ai.offline.single.labels import WHICH_APPLIES, WHICH_ROLE, WHICH_USED, WHICH_VERSION
from flowpilot.ai.offline.single.leftovers import with_nothing_announced
from flowpilot.ai.offline.single.plan import Alternatives, Choice, Plan, Reading, actions_of
from flowpilot.ai.offline.single.report import report_reading
from flowpilot.ai.offline.single.samples import with_samples_named
from flowpilot.ai.offline.single.sections import read_document
from flowpilot.ai.offline.single.signing import doubts, held_back
from flowpilot.ai.offline.single.symptom import Symptom, read_symptom
from flowpilot.ai.offline.single.symptom_body import described, told_variants
from flowpilot.ai.offline.single.thin import informative_words, too_thin
from flowpilot.ai.offline.single.tree import compile_tree
from flowpilot.ai.offline.text.imperatives import begins_with_verb
from flowpilot.ai.offline.text.parse import parse_document
from flowpilot.core.terms import terms

_TELLING_WORDS = 25
"""A resolution with fewer informative words says less than the steps of the session, where it has any."""


def mine_one(session: SessionFacts) -> NewFlow | Nothing:
    """One ended session to a new flow. Deterministic: equal sessions give equal flows, ids included."""
    reading = _reading(session)
    thin = too_thin(session, reading)
    if thin is not None or reading.plan is None:
        return thin or Nothing(reason="The session holds no step that somebody could repeat.")
    cause = _cause_question(reading)
    causes = [text for text, _ in reading.causes]
    document = parse_document(session.text)
    symptom = read_symptom(
        session.title, document, causes, resolution=session.resolution, cause_asked=cause is not None
    )
    symptom = with_evidence(symptom, parse_document(session.resolution))
    tree, grounding = compile_tree(session.id, reading.plan, cause, ends_of(session, symptom, reading, cause))
    tree = with_exact_names(tree, exact_names((session.text, session.resolution), session.resolution))
    tree = with_nothing_announced(with_samples_named(with_code_in_ends(tree)))
    held = None if reading.from_steps else held_back(symptom.title, doubts(tree))
    return held or NewFlow(
        title=symptom.title,
        summary=_summary(symptom, reading.plan, ignored=reading.harmless is not None),
        why=_why(reading.plan, cause),
        domain=session.domain,
        tree=tree.to_json(),
        grounding=grounding,
    )


def _reading(session: SessionFacts) -> Reading:
    """What the text says; what was done, where the text is too short to say it."""
    document, problem = parse_document(session.resolution), parse_document(session.text)
    told = report_reading(document) or read_document(document, told_variants(problem), described(problem))
    plan = told.plan or implied_plan(document)
    ignored = harmless_in(document.sections)
    plan = finished(plan) if plan is not None else None
    if plan is not None and ignored and of_other_matter(session.resolution, ignored[1], actions_of(plan)):
        plan = without_cause(plan)
    told = _cause_told(replace(told, plan=plan, harmless=ignored))
    if told.plan is not None and informative_words(session.resolution) >= _TELLING_WORDS:
        return told
    done = None if _steps_repeat_the_text(session) else console_reading(session)
    return done if done is not None else told


def _steps_repeat_the_text(session: SessionFacts) -> bool:
    """Imported tickets have the steps that were read off their text: they know no more than it does."""
    said = set(terms(session.resolution))
    return all(set(terms(f"{step.title}\n{step.body}")) <= said for step in session.steps)


def _cause_told(reading: Reading) -> Reading:
    """The cause in the body of the question that the plan begins with, where it can't be asked for itself."""
    plan, question = reading.plan, reading.question
    if plan is None or question is None or _cause_question(reading) is not None:
        return reading
    if isinstance(plan, Choice) and any(_says(route.label, question.question) for route in plan.routes):
        return reading
    return replace(reading, plan=with_cause(plan, reading.causes))


def _says(answer: str, asked: str) -> bool:
    """Whether the answer says what is asked: then it is the cause of one case only."""
    wanted = set(terms(asked))
    return len(wanted & set(terms(answer))) > len(wanted) / 2


def _cause_question(reading: Reading) -> Choice | None:
    """The cause is asked for, unless the plan already begins with a choice."""
    plan = reading.plan
    asked = isinstance(plan, Choice) or (plan is not None and _first_question(plan) == WHICH_CAUSE)
    return None if asked else reading.question


def _summary(symptom: Symptom, plan: Plan, *, ignored: bool) -> str:
    """`ignored`: the text says that the message alone needs no action."""
    actions = actions_of(plan)
    titles = offered(actions)
    shown = "; ".join(map(_running_on, titles[:3]))
    count = f"{len(titles) - 3} " if titles == plain_titles(actions) else ""
    more = f" and {count}more" if len(titles) > 3 else ""
    opening, closing = "‘’" if '"' in symptom.title else "“”"
    asked = "says when it can be ignored and " if ignored else _DECIDED.get(_first_question(plan), "")
    return (
        f"For tickets like {opening}{symptom.title}{closing}, this {asked}offers: {shown}{more}. "
        "Based on the resolution of one ticket."
    )


def _running_on(title: str) -> str:
    """The title within a sentence: the name that a statement begins with stays as it is."""
    named = PRODUCT.match(title) is not None and not begins_with_verb(title)
    return title if named else title[:1].lower() + title[1:]


_DECIDED = {
    WHICH_CAUSE: "asks which cause applies and ",
    WHICH_VERSION: "asks which version or edition is in use and ",
    WHICH_USED: "asks what is in use and ",
    WHICH_ROLE: "asks for the role and ",
    WHICH_APPLIES: "asks which case applies and ",
}


def _first_question(plan: Plan) -> str:
    first = plan.parts[0] if isinstance(plan, Alternatives) else plan
    return first.question if isinstance(first, Choice) else ""


def _why(plan: Plan, cause: Choice | None) -> str:
    """What the draft is made of; parts that only their steps tell apart are one action."""
    count = len(plain_titles(actions_of(plan)))
    ways = "one action" if count == 1 else f"{count} actions"
    asked = " and a check of the cause" if cause is not None or _first_question(plan) == WHICH_CAUSE else ""
    return f"One resolved session describes this problem with {ways}{asked}; no published flow was followed."
