"""What the pages of knowledge gaps show."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from analytics import charts
from analytics.charts import Chart, Column, Part
from analytics.gaps.finding import SESSIONS_KEPT, SEVERITIES
from analytics.models import KnowledgeGap
from flowpilot.accounts import audit
from flowpilot.accounts.models import AuditEvent, User
from flowpilot.accounts.roles import administers
from flowpilot.core.templatetags.text import finite, label, minutes, rate
from flowpilot.core.web import find, visible
from flowpilot.flows.models import Flow
from sessions.models import AISession
from sessions.models.ending import EscalationCode

SHOWN: Final = 50
"""Sessions of a gap on its own page, the newest ones; the list of sessions has the others."""
PARETO_SHARE: Final = 0.8
IN_PARETO: Final = 20
TABS: Final[dict[str, tuple[str, ...]]] = {
    "open": KnowledgeGap.STANDING,
    "resolved": (KnowledgeGap.State.RESOLVED,),
    "dismissed": (KnowledgeGap.State.DISMISSED,),
}
TAB_LABELS: Final = {
    "open": gettext_lazy("Open"),
    "resolved": gettext_lazy("Resolved"),
    "dismissed": gettext_lazy("Dismissed"),
}
KINDS: Final = dict(KnowledgeGap.Kind.choices)
HALF: Final = 2


@dataclass(frozen=True)
class Row:
    """A gap as a line of the list."""

    gap: KnowledgeGap

    @property
    def kind(self) -> str:
        """In its own words, if this version does not know it."""
        return str(KINDS.get(self.gap.kind) or label(self.gap.kind))

    @property
    def escalated(self) -> float | None:
        return self.gap.escalated / self.gap.demand if self.gap.demand else None

    @property
    def sessions_url(self) -> str:
        """The list of the sessions that show it."""
        return f"{reverse('sessions:list')}?gap={self.gap.pk}"

    @property
    def topics_url(self) -> str:
        """The uncovered topics of the same team and domain."""
        gap = self.gap
        asked = {"kind": gap.Kind.UNCOVERED_TOPIC, "team": gap.team_id or "", "domain": gap.domain}
        kept = urlencode({name: value for name, value in asked.items() if value})
        return f"{reverse('analytics:gaps')}?{kept}"

    @property
    def weeks(self) -> list[float]:
        """What cannot be read as numbers has no trend."""
        found = self.gap.weeks if isinstance(self.gap.weeks, list) else []
        return [number for number in map(finite, found) if number is not None]

    @property
    def trend(self) -> str:
        """The newer half of the weeks against the older one, in words."""
        weeks = self.weeks
        older, newer = sum(weeks[: len(weeks) // HALF]), sum(weeks[(len(weeks) + 1) // HALF :])
        if newer == older:
            return _("steady")
        told = {"older": int(older), "newer": int(newer)}
        said = (
            _("rising: %(newer)s after %(older)s")
            if newer > older
            else _("falling: %(newer)s after %(older)s")
        )
        return said % told


@dataclass(frozen=True)
class Listed:
    """What stands around the rows."""

    tab: str
    tabs: Sequence[dict[str, Any]]
    pareto: Chart | None
    pareto_told: str
    severities: str


@dataclass(frozen=True)
class Detail:
    row: Row
    facts: Sequence[tuple[str, str]]
    sessions: QuerySet[AISession]
    kept: int
    """Sessions that the list of sessions shows of it."""
    may_decide: bool
    flow: Flow | None
    activity: QuerySet[AuditEvent]

    @property
    def too_many_to_keep(self) -> bool:
        """Readers may see fewer than are kept, too: that has nothing to do with how many there are."""
        return self.gap.demand > SESSIONS_KEPT

    @property
    def gap(self) -> KnowledgeGap:
        return self.row.gap


def listed(tab: str, query: str, gaps: QuerySet[KnowledgeGap]) -> Listed:
    """What stands around those gaps; `query` is what the address asks for beside the tab."""
    address = f"{reverse('analytics:gaps')}?{query}{'&' if query else ''}"
    tabs = [
        {"label": name, "url": f"{address}state={key}", "current": key == tab}
        for key, name in TAB_LABELS.items()
    ]
    return Listed(tab, tabs, *_pareto(gaps.filter(kind=KnowledgeGap.Kind.UNCOVERED_TOPIC)), _severities())


def tab_named(asked: str) -> str:
    """What nobody knows is the tab of the open ones."""
    return asked if asked in TABS else "open"


def gaps_under(tab: str, user: User) -> QuerySet[KnowledgeGap]:
    return visible(KnowledgeGap, user).filter(state__in=TABS[tab]).select_related("team")


def _severities() -> str:
    """The rule in words."""
    hours = [number_format(least // 60) for least, _severity in SEVERITIES]
    return _(
        "Severity goes by sessions × the share of resolutions that did not last × their median time:"
        " critical from %(critical)s hours in the 13 weeks on, high from %(high)s, medium from %(medium)s,"
        " low below."
    ) % dict(zip(("critical", "high", "medium"), hours, strict=True))


def _pareto(topics: QuerySet[KnowledgeGap]) -> tuple[Chart | None, str]:
    """How few topics make most of what is uncovered: of all of them, however many the list shows."""
    ranked = list(topics.order_by("-demand", "pk").values_list("pk", "title", "demand"))
    whole = sum(demand for _pk, _title, demand in ranked)
    if len(ranked) < HALF or not whole:
        return None, ""
    so_far = list(accumulate(demand for _pk, _title, demand in ranked))
    needed = 1 + next(place for place, sum_ in enumerate(so_far) if sum_ >= PARETO_SHARE * whole)
    told = ngettext(
        "This %(count)s topic covers 80%% of the %(whole)s uncovered sessions.",
        "These %(count)s topics cover 80%% of the %(whole)s uncovered sessions.",
        needed,
    ) % {"count": needed, "whole": whole}
    columns = [
        Column(str(place), f"{title}: {n}", [Part("gap", n)], reverse("analytics:gap", args=[pk]))
        for place, (pk, title, n) in enumerate(ranked[:IN_PARETO], 1)
    ]
    legend = [("gap", _("Sessions")), ("total", _("Together")), ("limit", "80%")]
    return charts.pareto(columns, sentence=told, legend=legend, whole=whole), told


def gap_of(user: User, pk: UUID) -> KnowledgeGap:
    return find(KnowledgeGap.objects.select_related("team", "decided_by"), user, pk)


def detail(user: User, gap: KnowledgeGap) -> Detail:
    sessions = visible(AISession, user).filter(pk__in=gap.shown_by.values("session"))
    return Detail(
        Row(gap),
        _facts(gap),
        sessions.with_people().newest_first()[:SHOWN],  # type: ignore[attr-defined]
        sessions.count(),
        administers(user, gap),
        _flow_of(user, gap),
        audit.activity(gap),
    )


def _flow_of(user: User, gap: KnowledgeGap) -> Flow | None:
    """The flow that it is about, if it is one that there is."""
    named = gap.evidence.get("flow") if isinstance(gap.evidence, dict) else None
    try:
        key = UUID(str(named))
    except ValueError:
        return None
    found: Flow | None = visible(Flow, user).filter(pk=key).first()
    return found


def _facts(gap: KnowledgeGap) -> list[tuple[str, str]]:
    """The evidence in words; keys that nobody knows are shown under their own name."""
    facts = []
    for key, value in (gap.evidence if isinstance(gap.evidence, dict) else {}).items():
        if key in HIDDEN:
            continue
        name = str(NAMES.get(key) or label(key))
        facts.append((name, _told(key, value)))
    return facts


HIDDEN: Final = ("sessions", "flow", "node", "option", "key", "scope", "terms")
WHY: Final = dict(EscalationCode.choices)
RATES: Final = ("rate", "low", "high", "flow_rate", "team_rate", "median_probability")
NAMES: Final = {
    "n": gettext_lazy("Sessions"),
    "resolved": gettext_lazy("Resolved"),
    "escalated": gettext_lazy("Escalated"),
    "rate": gettext_lazy("Rate"),
    "low": gettext_lazy("At least (95%)"),
    "high": gettext_lazy("At most (95%)"),
    "flow_rate": gettext_lazy("Rate of the whole flow"),
    "team_rate": gettext_lazy("Rate of the team"),
    "median_minutes": gettext_lazy("Median time"),
    "median_probability": gettext_lazy("Median probability of the match"),
    "before": gettext_lazy("Resolved for good before"),
    "after": gettext_lazy("Resolved for good since"),
    "since": gettext_lazy("Since"),
    "version": gettext_lazy("Version"),
    "reasons": gettext_lazy("Reasons"),
}


def _told(key: str, value: Any) -> str:
    if key in RATES:
        return rate(value)
    if key == "median_minutes":
        return minutes(value)
    if isinstance(value, dict) and "rate" in value:
        return _("%(rate)s of %(n)s") % {"rate": rate(value["rate"]), "n": value.get("n", "–")}
    if isinstance(value, dict):
        return "; ".join(f"{WHY.get(name, name)} ({count})" for name, count in value.items()) or "–"
    return str(value)
