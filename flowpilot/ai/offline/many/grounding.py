"""Where the nodes and options of a mined flow come from: whole fields of sessions and of their steps."""

from collections.abc import Iterable, Mapping, Sequence

from flowpilot.ai.contracts import SessionFacts, SourceSpan
from flowpilot.ai.offline.many.observing import Observation


class Sources:
    """Collects spans by node ("n2") and option ("n2/o1"). Observations know their session by its place."""

    def __init__(self, sessions: Sequence[SessionFacts]) -> None:
        self._sessions = sessions
        self._spans: dict[str, dict[SourceSpan, None]] = {}

    def add(self, key: str, spans: Iterable[SourceSpan]) -> None:
        """Ground a key; without spans it is known to have no source."""
        self._spans.setdefault(key, {}).update(dict.fromkeys(spans))

    def steps(self, observations: Iterable[Observation]) -> list[SourceSpan]:
        """The wordings of steps, aliases included."""
        return [self._span(seen, seen.field, seen.length) for seen in observations]

    def answers(self, observations: Iterable[Observation]) -> list[SourceSpan]:
        """The engineers' answers where they were written down, else the steps that were answered."""
        return [
            self._span(seen, "step.response", seen.response_length)
            if seen.response_length and seen.step
            else self._span(seen, seen.field, seen.length)
            for seen in observations
        ]

    def problems(self, places: Iterable[int], *, titles_only: bool = False) -> list[SourceSpan]:
        """Where sessions say what the problem is."""
        fields = ("title",) if titles_only else ("title", "text")
        return [span for place in places for span in _filled(self._sessions[place], fields)]

    def resolutions(self, places: Iterable[int]) -> list[SourceSpan]:
        """Where sessions say what fixed it."""
        return [
            span
            for place in places
            for span in _filled(self._sessions[place], ("resolution", "resolution_action"))
        ]

    def renamed(self, ids: Mapping[str, str]) -> dict[str, tuple[SourceSpan, ...]]:
        """The grounding under new node ids, in the order of `ids`; keys of other nodes are left out."""
        found: dict[str, tuple[SourceSpan, ...]] = {}
        for old, new in ids.items():
            for key in sorted(key for key in self._spans if key.partition("/")[0] == old):
                found[new + key.removeprefix(old)] = tuple(self._spans[key])
        return found

    def _span(self, seen: Observation, field: str, length: int) -> SourceSpan:
        session = self._sessions[seen.session].id
        return SourceSpan.model_validate(
            {"session": session, "step": seen.step, "field": field, "start": 0, "end": length}
        )


def _filled(session: SessionFacts, fields: Iterable[str]) -> list[SourceSpan]:
    return [
        SourceSpan.model_validate({"session": session.id, "field": field, "start": 0, "end": len(text)})
        for field in fields
        if (text := getattr(session, field))
    ]
