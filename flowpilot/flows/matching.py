"""Which published flows answer a problem: search over the library, behind one function.

BM25 with a weighted title over titles, summaries and every node of the current versions. The index
lives in the process, per account. Before each search one light query reads id, current version and
time of change of the account's published flows; only what differs from the index is loaded again,
so an index is never older than its search, whichever process published.
"""

import math
from array import array
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from sys import intern
from threading import Lock
from typing import Any, Final, Self
from uuid import UUID

from django.utils.translation import gettext as _

from flowpilot.core.identifiers import is_code
from flowpilot.core.terms import terms, weight
from flowpilot.flows.models import Flow

_K1: Final = 2.0
_B: Final = 0.9
_TITLE: Final = 8
"""Each term of the title counts as often as this many in the text."""
_OWN_TEAM: Final = 1.03
"""Flows of one's own teams win near-ties; the score that is reported stays as it is."""
_MOST_FLOWS: Final = 5_000
"""Newest published flows of an account that are searched; bounds memory and the light query."""
_MOST_ACCOUNTS: Final = 32
"""Indexes kept in a process; the least recently searched account goes first."""
_WORDS_SHOWN: Final = 6


@dataclass(frozen=True)
class Document:
    """What is searched: `id` comes back in the hits."""

    id: UUID
    title: str
    text: str


@dataclass(frozen=True)
class Hit:
    id: UUID
    score: float
    """0.0 to 1.0: share of the score that a document with all terms of the query in full would get."""
    shared: tuple[str, ...]
    """Terms of the query that the document has, the most telling first."""


@dataclass(frozen=True)
class Match:
    flow_id: UUID
    version_id: UUID
    title: str
    score: float
    """Raw similarity from 0.0 to 1.0, not a probability."""
    reasons: list[str] = field(default_factory=list)


def rank(
    account_id: UUID, text: str, *, team_ids: Collection[UUID] | None = None, limit: int = 5
) -> list[Match]:
    """The published flows of an account that fit a problem text, best first, each with its reasons.

    `team_ids` are the teams of whoever asks: their flows come first at near-ties, none is hidden.
    """
    library = _LIBRARIES.current(account_id)
    hits = library.index.rank(text, limit=limit, favoured=library.of_teams(team_ids or ()))
    spelled = _spellings(text)
    return [library.match(hit, spelled) for hit in hits]


Counts = dict[str, int]


def count_terms(document: Document) -> Counts:
    """How often each term counts in a document, its title weighted."""
    counts = Counter(terms(document.text))
    for term in terms(document.title):
        counts[term] += _TITLE
    return {intern(term): count for term, count in counts.items()}


class Index:
    """BM25 over a set of documents, immutable once built. Pure: knows no database."""

    def __init__(self, counts: Mapping[UUID, Counts]) -> None:
        self._ids = sorted(counts)
        lengths = [sum(counts[each].values()) for each in self._ids]
        mean = sum(lengths) / len(lengths) if lengths else 1.0
        self._places: defaultdict[str, array[int]] = defaultdict(lambda: array("l"))
        self._gains: defaultdict[str, array[float]] = defaultdict(lambda: array("f"))
        for place, each in enumerate(self._ids):
            damping = _K1 * (1.0 - _B + _B * lengths[place] / mean) if mean else _K1
            for term, count in counts[each].items():
                self._places[term].append(place)
                self._gains[term].append(count * (_K1 + 1.0) / (count + damping))

    @classmethod
    def build(cls, documents: Iterable[Document]) -> Self:
        return cls({document.id: count_terms(document) for document in documents})

    def __len__(self) -> int:
        return len(self._ids)

    def rank(self, text: str, *, limit: int = 5, favoured: Collection[UUID] = ()) -> list[Hit]:
        """The best documents for a text; none without a term in common. `favoured` win near-ties."""
        wanted = sorted(set(terms(text)))
        scores: defaultdict[int, float] = defaultdict(float)
        shared: defaultdict[int, list[str]] = defaultdict(list)
        for term in wanted:
            worth = self._worth(term)
            for place, gain in zip(self._places.get(term, ()), self._gains.get(term, ()), strict=True):
                scores[place] += worth * gain
                shared[place].append(term)
        whole = sum(self._worth(term) for term in wanted) * (_K1 + 1.0)

        def order(place: int) -> tuple[float, UUID]:
            return -scores[place] * (_OWN_TEAM if self._ids[place] in favoured else 1.0), self._ids[place]

        return [
            Hit(self._ids[place], min(1.0, scores[place] / whole), _telling(shared[place]))
            for place in sorted(scores, key=order)[:limit]
        ]

    def _worth(self, term: str) -> float:
        """Inverse document frequency; a term that no document has counts as the rarest."""
        having = len(self._places[term]) if term in self._places else 0
        return math.log(1.0 + (len(self._ids) - having + 0.5) / (having + 0.5))


def _telling(found: list[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda term: (-weight(term), term)))


def _spellings(text: str) -> dict[str, str]:
    """Terms as the text spells them, to show words and not stems."""
    spelled: dict[str, str] = {}
    for word in text.split():
        bare = word.strip(".,;:!?()[]{}\"'`")
        for term in terms(bare):
            spelled.setdefault(term, bare)
    return spelled


@dataclass(frozen=True)
class _Entry:
    version_id: UUID
    updated_at: datetime
    title: str
    team_id: UUID | None
    counts: Counts


@dataclass(frozen=True)
class _Library:
    """The published flows of one account as they were at one moment."""

    entries: Mapping[UUID, _Entry]
    index: Index

    def of_teams(self, team_ids: Collection[UUID]) -> frozenset[UUID]:
        return frozenset(flow for flow, entry in self.entries.items() if entry.team_id in team_ids)

    def match(self, hit: Hit, spelled: Mapping[str, str]) -> Match:
        entry = self.entries[hit.id]
        return Match(hit.id, entry.version_id, entry.title, hit.score, _reasons(hit, entry, spelled))

    def brought_up_to(self, stamps: Mapping[UUID, tuple[UUID, datetime]]) -> "_Library":
        """The library for these versions and times of change; itself if nothing differs."""
        kept = {
            flow: entry
            for flow, entry in self.entries.items()
            if stamps.get(flow) == (entry.version_id, entry.updated_at)
        }
        if len(kept) == len(stamps) == len(self.entries):
            return self
        entries = kept | _load([flow for flow in stamps if flow not in kept])
        return _Library(entries, Index({flow: entry.counts for flow, entry in entries.items()}))


class _Libraries:
    """The libraries of the accounts that this process searched last. Safe for threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[UUID, _Library] = OrderedDict()

    def current(self, account_id: UUID) -> _Library:
        with self._lock:
            known = self._known.get(account_id)
        current = (known or _Library({}, Index({}))).brought_up_to(_stamps(account_id))
        with self._lock:
            self._known[account_id] = current
            self._known.move_to_end(account_id)
            while len(self._known) > _MOST_ACCOUNTS:
                self._known.popitem(last=False)
        return current


_LIBRARIES: Final = _Libraries()


def _stamps(account_id: UUID) -> dict[UUID, tuple[UUID, datetime]]:
    """Current version and time of change of each published flow, the newest flows first."""
    rows = (
        Flow.objects.for_account(account_id)
        .published()
        .newest_first()
        .values_list("id", "current_version_id", "updated_at")[:_MOST_FLOWS]
    )
    return {flow: (version, updated_at) for flow, version, updated_at in rows}


def _load(flow_ids: list[UUID]) -> dict[UUID, _Entry]:
    if not flow_ids:
        return {}
    rows = (
        Flow.objects.filter(id__in=flow_ids)
        .published()
        .values_list(
            "id",
            "current_version_id",
            "updated_at",
            "title",
            "team_id",
            "summary",
            "current_version__tree_structure",
        )
    )
    return {
        flow: _Entry(
            version_id=version,
            updated_at=updated_at,
            title=title,
            team_id=team,
            counts=count_terms(Document(flow, title, "\n".join([summary, *_texts(tree)]))),
        )
        for flow, version, updated_at, title, team, summary, tree in rows.iterator(chunk_size=200)
    }


def _texts(tree: Mapping[str, Any]) -> Iterable[str]:
    """Every text of a tree document that a person would search for."""
    for node in tree["nodes"]:
        yield node["title"]
        yield node.get("body") or ""
        yield (node.get("script") or {}).get("body") or ""
        yield from (option["label"] for option in node.get("options") or ())


def _reasons(hit: Hit, entry: _Entry, spelled: Mapping[str, str]) -> list[str]:
    """Why a flow fits, in words that an engineer can check."""
    named = [term for term in hit.shared if is_code(term)]
    words = [term for term in hit.shared if not is_code(term) and not (named and term.isdecimal())]
    of_title = set(terms(entry.title))
    groups = (
        (_("Same code: %(words)s"), named),
        (_("In its title: %(words)s"), [term for term in words if term in of_title]),
        (_("In its text: %(words)s"), [term for term in words if term not in of_title]),
    )
    return [
        reason % {"words": ", ".join(spelled.get(term, term) for term in found[:_WORDS_SHOWN])}
        for reason, found in groups
        if found
    ]
