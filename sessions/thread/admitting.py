"""Whether those who come with a proof may still watch: asked of the database for all who come at once.

Nobody is admitted once a sign-in ended, a role or a team was taken away, or a second factor is demanded. Who
is not admitted here is no worse off: the long way tells why.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextvars import Context
from typing import Final, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from asgiref.sync import ThreadSensitiveContext

from flowpilot.accounts.authentication import still_signed_in
from flowpilot.accounts.models import TeamMembership, User
from flowpilot.accounts.roles import role_of
from flowpilot.accounts.second_factor import lacks_second_factor
from flowpilot.core.coroutines import in_database
from flowpilot.core.scope import account_scope, current_account_id
from sessions.thread.proofs import Proof
from sessions.thread.reading import turns_of
from sessions.thread.tailing import SEEN, Seen, seen_in

AT_ONCE: Final = 25
"""Those who come later do not keep the first ones waiting."""


class _Row(NamedTuple):
    of_team: bool
    seen: Seen


_Rows = dict[tuple[UUID, UUID], _Row]
"""By session and turn."""


class Admissions:
    """Of one event loop."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Proof, asyncio.Future[Seen | None]]] = []
        self._working: asyncio.Task[None] | None = None

    async def seen(self, proof: Proof) -> Seen | None:
        """The turn as it is stored, for who may watch it; None for others. Raises what reading raised."""
        asked: asyncio.Future[Seen | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((proof, asked))
        if self._working is None or self._working.done():
            # Of its own: the context of the request that happens to come first ends with it.
            self._working = asyncio.get_running_loop().create_task(self._work(), context=Context())
        return await asked

    async def _work(self) -> None:
        async with ThreadSensitiveContext():
            while self._waiting:
                together, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
                try:
                    found = await in_database(still_seen)([proof for proof, _asked in together])
                except Exception as error:  # whoever asked gets it: nobody waits for ever
                    _answer(together, error)
                else:
                    _answer(together, found)
            self._working = None  # leaving takes a moment, in which somebody may come


def _answer(
    together: Iterable[tuple[Proof, "asyncio.Future[Seen | None]"]], found: dict[Proof, Seen] | Exception
) -> None:
    for proof, asked in together:
        if asked.done():  # whoever asked has gone
            continue
        if isinstance(found, Exception):
            asked.set_exception(found)
        else:
            asked.set_result(found.get(proof))


_admissions: WeakKeyDictionary[asyncio.AbstractEventLoop, Admissions] = WeakKeyDictionary()


def admissions() -> Admissions:
    """Those of the running loop."""
    return _admissions.setdefault(asyncio.get_running_loop(), Admissions())


def still_seen(proofs: Sequence[Proof]) -> dict[Proof, Seen]:
    """The turns, as they are stored, of those who are still signed in and may see them."""
    logins = still_signed_in({(proof.login, proof.user_id) for proof in proofs})
    shown: dict[UUID, dict[User, list[Proof]]] = defaultdict(lambda: defaultdict(list))
    for proof in proofs:
        user = logins.get((proof.login, proof.user_id))
        if user is not None and user.account_id == proof.account_id:
            shown[proof.account_id][user].append(proof)
    found: dict[Proof, Seen] = {}
    for account_id, people in shown.items():
        with account_scope(account_id):
            _read_roles(people)
            for alike in _of_the_same_teams(people):
                found |= _visible({user: people[user] for user in alike})
    return found


def _read_roles(people: Collection[User]) -> None:
    """All roles in one query."""
    roles: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    rows = TeamMembership.objects.for_account(current_account_id()).filter(user__in=people)
    for user_id, team_id, role in rows.values_list("user_id", "team_id", "role"):
        roles[user_id][team_id] = role
    for user in people:
        user.roles_by_team = roles[user.pk]


def _of_the_same_teams(people: Iterable[User]) -> Iterable[list[User]]:
    """Those who may come in at all."""
    alike: dict[object, list[User]] = defaultdict(list)
    for user in people:
        if role_of(user) is not None and not lacks_second_factor(user):
            alike[user.account_admin, frozenset(user.team_ids)].append(user)
    return alike.values()


def _visible(people: dict[User, list[Proof]]) -> dict[Proof, Seen]:
    """Of people of the same teams: one query tells what the first of them may see, and what of that is a
    team's the others see, too. Only what else they came for is asked for each."""
    first, *others = people
    shown = _shown(first, [proof for proofs in people.values() for proof in proofs])
    of_teams = {turn: row for turn, row in shown.items() if row.of_team}
    found = _found(people[first], shown)
    for user in others:
        found |= _found(people[user], of_teams)
        rest = [proof for proof in people[user] if proof not in found]
        found |= _found(rest, _shown(user, rest)) if rest else {}
    return found


def _shown(user: User, proofs: Collection[Proof]) -> _Rows:
    """Of the turns that the proofs name, those that the user may see."""
    turns = turns_of(user).filter(pk__in=[proof.turn_id for proof in proofs])
    rows = turns.values_list("session_id", "pk", "session__team_id", *SEEN)
    return {(row[0], row[1]): _Row(row[2] is not None, seen_in(row[3:])) for row in rows}


def _found(proofs: Iterable[Proof], rows: _Rows) -> dict[Proof, Seen]:
    turns = ((proof, rows.get((proof.session_id, proof.turn_id))) for proof in proofs)
    return {proof: row.seen for proof, row in turns if row is not None}
