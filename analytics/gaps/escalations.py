"""Domains and clients of which more is escalated than of their team as a whole."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper

from analytics.gaps.finding import Found, Look, reasons_of
from analytics.gaps.trees import is_high
from flowpilot.accounts.models import Client
from flowpilot.core.statistics import Share, wilson
from flowpilot.flows.domains import DOMAIN_CHOICES
from sessions import sets


@dataclass
class Tally:
    sessions: list[UUID] = field(default_factory=list)
    escalated: int = 0

    @property
    def share(self) -> Share:
        return wilson(self.escalated, len(self.sessions))


def high_escalation(look: Look) -> tuple[list[Found], dict[UUID | None, float]]:
    """The findings, and the rate of each team; the whole account's stands under None."""
    teams: defaultdict[UUID | None, Tally] = defaultdict(Tally)
    places: defaultdict[tuple[UUID | None, str, str], Tally] = defaultdict(Tally)
    was = ExpressionWrapper(sets.passed_on(look.now), output_field=BooleanField())
    rows = look.ended().annotate(was=was).order_by("created_at")
    for pk, team, domain, client, was_escalated in rows.values_list(
        "pk", "team_id", "problem_domain", "client_id", "was"
    ):
        within = [
            teams[None],
            places[team, "domain", domain or ""],
            places[team, "client", str(client or "")],
        ]
        for tally in within if team is None else [teams[team], *within]:
            tally.sessions.append(pk)
            tally.escalated += was_escalated
    rates = {team: tally.share.rate or 0.0 for team, tally in teams.items()}
    return list(_above(look, places, rates)), rates


def _above(
    look: Look, places: dict[tuple[UUID | None, str, str], Tally], rates: dict[UUID | None, float]
) -> Iterator[Found]:
    names = {
        str(pk): name for pk, name in Client.objects.for_account(look.account.pk).values_list("pk", "name")
    }
    names |= {key: str(label) for key, label in DOMAIN_CHOICES}
    for (team, scope, key), tally in sorted(places.items(), key=lambda each: str(each[0])):
        share = tally.share
        if key and is_high(share, rates[team]):
            yield Found(
                "high_escalation",
                f"{scope}:{key}:{team or ''}",
                names.get(key, key),
                {
                    "scope": scope,
                    "key": key,
                    "n": share.n,
                    "escalated": share.hits,
                    "rate": round(share.rate or 0.0, 4),
                    "low": round(share.low, 4),
                    "team_rate": round(rates[team], 4),
                    "reasons": reasons_of(look, tally.sessions),
                },
                tuple(tally.sessions),
                team,
                key if scope == "domain" else "",
            )
