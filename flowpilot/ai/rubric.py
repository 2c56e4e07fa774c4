"""The part of "reads well" that a machine can check, for drafts of any engine.

Each rule is one function from a draft to the issues it finds. What needs a reader (is this the right
question, is the order sensible) is not judged here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from flowpilot.ai.answers import points_into, texts_by_span, texts_of
from flowpilot.ai.contracts import Grounding, NewFlow, SessionFacts
from flowpilot.ai.offline.text.code import plain_code
from flowpilot.ai.offline.text.debris import is_debris_line, is_debris_sentence
from flowpilot.ai.offline.text.html_lines import html_lines, looks_like_html
from flowpilot.ai.offline.text.sentences import sentences
from flowpilot.ai.sourcing import code_of, with_placeholders
from flowpilot.flows.document import Tree, parse, problems

TITLE_LIMIT = 90
MOST_SUBSTEPS = 9
FEWEST_SUBSTEPS = 3

_TITLE_DEBRIS = re.compile(
    r"^(?:re|fwd?):|^(?:fix|fixed|solved|resolved|closed|prb|bug)\s*[:\-–]|^(?:fixed|solved|resolved)\b"
    r"|\b(?:ticket|incident) ?#? ?\d+|[\[(](?:fixed|solved|resolved|closed)[\])]|^#\d+|!INCLUDE"
    r"|\bplease help\b",
    re.IGNORECASE,
)
_DANGLING = re.compile(r"\b(?:the|a|an|and|or|that|which|your|using)$|[:;,(]$", re.IGNORECASE)
_NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)
_NUMBERED_LINE = re.compile(r"^\d+\. (?P<text>.*)$")
_LISTED = re.compile(r"^\d+[.)] +(?P<text>.*)", re.MULTILINE)
_WARNING = re.compile(r"^> \*\*(?:Warning|Important|Caution):\*\*")
_FENCE = re.compile(
    r"^[ >]*(?:(?:[-*]|\d+\.) +)*(`{3,})[^\n`]*\n(?P<code>.*?)^[ >]*\1[ ]*$", re.MULTILINE | re.DOTALL
)
_GREETING = re.compile(
    r"^(?:hi|hello|dear)\b[^.]{0,30},$|^(?:kind |best )?regards,?$|^sent from my\b", re.IGNORECASE
)
_PART = re.compile(r"\((?:part \d+ of \d+|steps \d+ to \d+)\)$")


@dataclass(frozen=True)
class RubricIssue:
    rule: str
    """Stable name of the rule, such as `verbatim`."""
    node: str
    """Node id, `node/option`, or empty for the draft as a whole."""
    message: str


@dataclass(frozen=True)
class Draft:
    """What is scored: a valid tree, its title, its grounding and the sessions it was made from."""

    title: str
    tree: Tree
    grounding: Grounding
    sources: tuple[SessionFacts, ...]
    partial: bool = False
    """Only some nodes come from these sources: an enhancement, or a flow that a person has edited."""

    @cached_property
    def source_text(self) -> str:
        """All text of the sources, escapes and blanks evened out, for looking up what must be verbatim."""
        texts = [text for session in self.sources for text in texts_of(session).values()]
        shown = ["\n".join(line.text for line in html_lines(text)) for text in texts if looks_like_html(text)]
        return "\n".join(plain_code(_unquoted(text)) for text in [*texts, *shown])

    @cached_property
    def with_placeholders(self) -> tuple[str, ...]:
        """The source text with its placeholders marked as drafts mark them."""
        return tuple(with_placeholders(self.source_text))


def score(flow: NewFlow, sources: Sequence[SessionFacts]) -> list[RubricIssue]:
    """Every mechanical rule that the draft breaks; none means pass. An invalid tree has no other issue."""
    return score_tree(flow.title, flow.tree, flow.grounding, sources)


def score_tree(
    title: str,
    tree: object,
    grounding: Grounding,
    sources: Sequence[SessionFacts],
    *,
    partial: bool = False,
) -> list[RubricIssue]:
    """As `score`, for a tree wherever it is kept; see `Draft.partial`."""
    errors = problems(tree)
    if errors:
        return [RubricIssue("valid", error.node or "", error.message) for error in errors]
    draft = Draft(title, parse(tree), grounding, tuple(sources), partial)
    return [issue for rule in (_PARTIAL_RULES if partial else RULES) for issue in rule(draft)]


def _title(draft: Draft) -> Iterator[RubricIssue]:
    if not draft.title.strip() or len(draft.title) > TITLE_LIMIT:
        yield RubricIssue(
            "title", "", f"The title has {len(draft.title)} characters; 1 to {TITLE_LIMIT} are allowed."
        )
    if _TITLE_DEBRIS.search(draft.title):
        yield RubricIssue("title", "", f"The title holds ticket boilerplate: {draft.title}")
    for node in draft.tree.nodes:
        if _DANGLING.search(_PART.sub("", node.title).strip()):
            yield RubricIssue("title", node.id, f"The title breaks off: {node.title}")


def _first_node(draft: Draft) -> Iterator[RubricIssue]:
    root = draft.tree.node(draft.tree.root)
    if root.kind != "question":
        yield RubricIssue(
            "first_node", root.id, "The first node is not a question that confirms the problem."
        )
        return
    if not any(draft.tree.node(option.next).kind == "escalation" for option in root.options):
        yield RubricIssue("first_node", root.id, "The first question has no way out for another problem.")
    shown = plain_code(f"{root.title} {root.body} {draft.title}").casefold()
    for session in draft.sources[:1]:
        for quoted in re.findall(r"\"([^\"\n]{6,80})\"", session.title):
            if plain_code(quoted).casefold() not in shown:
                yield RubricIssue("first_node", root.id, f"The error text is not shown verbatim: {quoted}")


def _verbatim(draft: Draft) -> Iterator[RubricIssue]:
    for node in draft.tree.nodes:
        for code in code_of(node):
            wanted = plain_code(_unquoted(code))
            placeholders = re.search(r"://|<", wanted) is not None and any(
                wanted in shown for shown in draft.with_placeholders
            )
            if wanted not in draft.source_text and not placeholders:
                yield RubricIssue("verbatim", node.id, f"Not found in the sources: {code[:120]}")


def _substeps(draft: Draft) -> Iterator[RubricIssue]:
    for node in draft.tree.nodes:
        if node.kind != "action":
            continue
        count = len(_NUMBERED.findall(_FENCE.sub("", node.body)))
        if count > MOST_SUBSTEPS:
            yield RubricIssue(
                "substeps", node.id, f"{count} sub-steps; at most {MOST_SUBSTEPS} belong in one action."
            )
        if _PART.search(node.title) and count < FEWEST_SUBSTEPS:
            yield RubricIssue("substeps", node.id, f"A part with only {count} sub-steps.")
        if 0 < count < FEWEST_SUBSTEPS and _most_listed(draft, node.id) >= FEWEST_SUBSTEPS:
            yield RubricIssue("substeps", node.id, f"{count} sub-steps where the source lists more.")
        if not node.body.strip() and node.script is None:
            yield RubricIssue("substeps", node.id, "The action says nothing beyond its title.")


def _most_listed(draft: Draft, node: str) -> int:
    """Numbered lines that tell what to do, in the longest run of text that the node comes from."""
    texts = {session.id: texts_of(session) for session in draft.sources}
    found = [
        _LISTED.findall(texts[span.session][span.field][span.start : span.end])
        for span in draft.grounding.get(node, ())
        if span.session in texts and span.field in texts[span.session]
    ]
    return max((sum(not _only_points_elsewhere(text) for text in lines) for lines in found), default=0)


def _debris(draft: Draft) -> Iterator[RubricIssue]:
    for node in draft.tree.nodes:
        text = _FENCE.sub("", node.body)
        for line in [node.title, *text.splitlines()]:
            bare = line.strip().lstrip("> ").strip()
            if bare and (is_debris_line(bare) or _GREETING.match(bare)):
                yield RubricIssue("debris", node.id, f"Debris: {bare[:120]}")
            step = _NUMBERED_LINE.match(line.strip())
            if step and _only_points_elsewhere(step["text"]):
                yield RubricIssue("debris", node.id, f"A step that only points elsewhere: {bare[:120]}")


def _only_points_elsewhere(text: str) -> bool:
    found = sentences(text)
    return bool(found) and all(is_debris_sentence(sentence.text) for sentence in found)


def _warnings(draft: Draft) -> Iterator[RubricIssue]:
    for node in draft.tree.nodes:
        acted = False
        for line in _FENCE.sub("", node.body).splitlines():
            acted = acted or bool(_NUMBERED_LINE.match(line))
            if acted and _WARNING.match(line):
                yield RubricIssue("warnings", node.id, "A warning stands after the steps that it guards.")


def _ends(draft: Draft) -> Iterator[RubricIssue]:
    for node in draft.tree.nodes:
        if node.kind == "escalation" and not node.body.strip():
            yield RubricIssue("ends", node.id, "The escalation does not say what to hand over.")


def _grounded(draft: Draft) -> Iterator[RubricIssue]:
    text_of = texts_by_span(draft.sources)
    wanted = [
        key for node in draft.tree.nodes for key in (node.id, *(f"{node.id}/{o.id}" for o in node.options))
    ]
    for key in wanted:
        spans = draft.grounding.get(key)
        if spans is None and not draft.partial:
            yield RubricIssue("grounding", key, "Does not say where it comes from.")
        for span in spans or ():
            if not points_into(span, text_of(span)):
                yield RubricIssue(
                    "grounding", key, f"Points outside its source: {span.field} {span.start}-{span.end}"
                )
    for key in draft.grounding.keys() - set(wanted):
        yield RubricIssue("grounding", key, "Grounds a node or option that is not in the tree.")


def _unquoted(text: str) -> str:
    """Quote marks and pipes of the layout off: code inside a note is the same code."""
    return re.sub(r"^(?:[ \t]*>)+[ ]?", "", text, flags=re.MULTILINE)


Rule = Callable[[Draft], Iterator[RubricIssue]]
RULES: tuple[Rule, ...] = (_title, _first_node, _verbatim, _substeps, _debris, _warnings, _ends, _grounded)
_PARTIAL_RULES: tuple[Rule, ...] = (_title, _substeps, _debris, _warnings, _ends, _grounded)
"""Rules that hold for a tree of which the sources are only partly known."""
