"""Which of many proposals share most terms with a finding."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from heapq import nlargest
from uuid import UUID


class TermIndex:
    """An inverted index in memory, a part for every team; 50,000 proposals take some 50 MB.

    Posting lists hold small numbers instead of keys, and every proposal's terms are kept so that it can be
    taken out again.
    """

    def __init__(self) -> None:
        self._numbers: dict[UUID, int] = {}
        self._keys: dict[int, UUID] = {}
        self._next = 0
        self._entries: dict[int, tuple[UUID | None, tuple[str, ...]]] = {}
        self._postings: dict[UUID | None, dict[str, array[int]]] = defaultdict(dict)
        self._spellings: dict[str, str] = {}

    def __contains__(self, key: UUID) -> bool:
        return key in self._numbers

    def __len__(self) -> int:
        return len(self._numbers)

    def put(self, key: UUID, team: UUID | None, terms: Iterable[str]) -> None:
        """Note a proposal's terms instead of those that it had."""
        wanted = tuple(self._spellings.setdefault(term, term) for term in sorted(set(terms)))
        if (number := self._numbers.get(key)) is not None:
            if self._entries[number] == (team, wanted):
                return
            self.drop(key)
        number, self._next = self._next, self._next + 1
        self._numbers[key], self._keys[number] = number, key
        self._entries[number] = team, wanted
        postings = self._postings[team]
        for term in wanted:
            postings.setdefault(term, array("L")).append(number)

    def drop(self, key: UUID) -> None:
        """Forget a proposal; one that is not known is forgotten already."""
        number = self._numbers.pop(key, None)
        if number is None:
            return
        del self._keys[number]
        team, terms = self._entries.pop(number)
        for term in terms:
            self._postings[team][term].remove(number)

    def nearest(
        self,
        team: UUID | None,
        terms: Iterable[str],
        *,
        limit: int,
        eligible: Callable[[UUID], bool] | None = None,
    ) -> list[tuple[UUID, int]]:
        """At most `limit` proposals of a team with the number of terms in common, most of them first."""
        postings = self._postings.get(team, {})
        shared = Counter[int]()
        for term in set(terms):
            shared.update(postings.get(term, ()))
        if eligible:
            shared = Counter({number: n for number, n in shared.items() if eligible(self._keys[number])})
        fewest = min(nlargest(limit, shared.values()), default=0)
        found = sorted((-count, self._keys[number]) for number, count in shared.items() if count >= fewest)
        return [(key, -count) for count, key in found[:limit]]
