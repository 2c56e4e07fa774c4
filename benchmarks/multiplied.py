"""Many sessions in one account, quickly: those that `make_load` wrote, copied by SQL over two years, with
what the dashboard reads beside them: pushes, scripts, evidence of proposals, what was known, reopenings.

    manage.py make_load --account big --sessions 4000 --flows 40 --proposals 60
    python -m benchmarks.multiplied --account big --sessions 1000000

Long texts are not copied. Copies have keys in the order of their beginning. What `make_load` does not write
(pushes and so on) is given to the first ones and copied with them.
"""

import argparse
import os
from datetime import datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowpilot.settings")

import django

django.setup()

from django.db import connection  # noqa: E402 models can be imported from here on
from django.utils import timezone  # noqa: E402

from analytics.models import KnownBefore  # noqa: E402
from flowpilot.accounts.models import Account  # noqa: E402
from flowpilot.ai.models import AIUse, Job  # noqa: E402
from flowpilot.psa.models import PsaConnection, PsaPush  # noqa: E402
from proposals.models import ProposalEvidence  # noqa: E402
from sessions.models import AISession, GeneratedScript, SessionEvent  # noqa: E402

AT_ONCE, SPREAD_DAYS = 20_000, 730
SESSIONS = AISession._meta.db_table
EMPTIED = {
    "intake_content": "'{}'::jsonb",
    "conversation_messages": "'[]'::jsonb",
    "problem_summary": "left(problem_summary, 80)",
    "resolution_summary": "left(resolution_summary, 40)",
    "resolution_action": "left(resolution_action, 40)",
    "system_prompt_snapshot": "NULL",
    "external_id": "''",
}
CHILDREN: dict[type[Any], tuple[dict[str, str], str]] = {
    PsaPush: ({"marker": "md5(copy::text || id::text)"}, "TRUE"),
    GeneratedScript: ({"step_id": "NULL"}, "TRUE"),
    ProposalEvidence: ({}, "carried_from_id IS NULL"),
    KnownBefore: ({}, "TRUE"),
    SessionEvent: ({}, "session_id IN (SELECT id FROM origins WHERE again)"),
}
"""What goes with a session: columns that are made anew, and which rows."""
ORIGINS = f"""
CREATE TEMPORARY TABLE origins AS
SELECT id, reopened_at IS NOT NULL AS again FROM {SESSIONS} WHERE account_id = %s
"""  # noqa: S608
BATCH = f"""
CREATE TEMPORARY TABLE batch AS
SELECT id AS origin, uuidv7(created_at - shift - now()) AS copy, shift
  FROM (SELECT id, created_at, (random() * %(spread)s)::int * interval '1 day' AS shift
          FROM {SESSIONS} JOIN origins USING (id), generate_series(1, %(times)s)) AS picked
"""  # noqa: S608


def copying(model: type[Any], key: str, changed: dict[str, str], which: str = "TRUE") -> str:
    """One statement that copies what belongs to the sessions of the batch; `key` names the session."""
    names, values = [], []
    for column in model._meta.concrete_fields:
        name = str(column.column)
        moved = column.get_internal_type() == "DateTimeField"
        names.append(name)
        values.append(changed.get(name, f"{name} - shift" if moved else name))
    values[names.index("id")] = "uuidv7(created_at - shift - now())"
    values[names.index(key)] = "copy"
    table = model._meta.db_table
    return (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)}"  # noqa: S608
        f" FROM {table} JOIN batch ON batch.origin = {table}.{key} WHERE {which}"
    )


def equip(account: Account) -> None:
    """Give the account's sessions what `make_load` does not write, if they have none of it."""
    if PsaPush.objects.filter(account=account).exists():
        return
    random, ended = Random(7), list(AISession.objects.filter(account=account, ended_at__isnull=False))
    kept = PsaConnection.objects.create(account=account, name="Practice PSA", provider="practice")
    bring_back([each for each in ended if each.status == "resolved" and random.random() < 0.05])
    PsaPush.objects.bulk_create(push(random, kept, each) for each in ended if random.random() < 0.5)
    GeneratedScript.objects.bulk_create(script(random, each) for each in ended if random.random() < 0.2)
    KnownBefore.objects.bulk_create(
        KnownBefore(account=account, session=each, resolved_alike=random.randrange(3))
        for each in ended
        if each.matched_flow_id is None
    )
    today = timezone.now().date()
    AIUse.objects.bulk_create(
        AIUse(account=account, day=today - timedelta(days=ago), job=job, calls=1000, input_tokens=900_000)
        for ago in range(SPREAD_DAYS)
        for job in Job.values
    )


def bring_back(sessions: list[AISession]) -> None:
    """Resolved, brought back within the week or after it, and resolved again an hour later."""
    events = []
    for number, each in enumerate(sessions):
        resolved = end_of(each)
        back = resolved + timedelta(days=2 + 7 * (number % 2))
        events += [
            SessionEvent(account_id=each.account_id, session=each, verb=verb, created_at=at)
            for verb, at in (("resolve", resolved), ("reopen", back))
        ]
        each.resolution_no, each.reopened_at = 2, back
        each.resolved_at = each.ended_at = back + timedelta(hours=1)
    AISession.objects.bulk_update(sessions, ["resolution_no", "reopened_at", "resolved_at", "ended_at"])
    SessionEvent.objects.bulk_create(events)


def end_of(session: AISession) -> datetime:
    assert session.ended_at is not None
    return session.ended_at


def push(random: Random, connection: PsaConnection, session: AISession) -> PsaPush:
    state = random.choices(["delivered", "dead", "pending", "unknown"], [94, 3, 2, 1])[0]
    arrived, ended = state == "delivered", end_of(session)
    return PsaPush(
        account_id=session.account_id,
        connection=connection,
        session_id=session.pk,
        ticket_id="1",
        kind="note",
        marker=session.pk.hex,
        state=state,
        attempts=1 + (random.random() < 0.1),
        created_at=ended,
        delivered_at=ended + timedelta(seconds=random.randrange(90)) if arrived else None,
        error_class="refused" if state == "dead" else "",
    )


def script(random: Random, session: AISession) -> GeneratedScript:
    run = random.random() < 0.5
    return GeneratedScript(
        account_id=session.account_id,
        session=session,
        created_at=session.created_at,
        shell="powershell",
        title="Look",
        body="Get-Service",
        risk=random.choices(["read", "change", "destructive"], [70, 25, 5])[0],
        run_at=session.created_at if run else None,
        run_outcome=random.choice(["worked", "did_not_work"]) if run else "",
    )


def multiply(account: Account, sessions: int) -> int:
    """Until the account has about so many; returns how many it has."""
    with connection.acting_as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        equip(account)
        cursor.execute(f"SELECT count(*) FROM {SESSIONS} WHERE account_id = %s", [account.pk])  # noqa: S608
        have = each = int(cursor.fetchone()[0])
        cursor.execute(ORIGINS, [account.pk])
        while have < sessions:
            times = max(1, min(AT_ONCE, sessions - have) // each)
            cursor.execute(BATCH, {"spread": SPREAD_DAYS, "times": times})
            cursor.execute(copying(AISession, "id", EMPTIED))
            have += cursor.rowcount
            for model, (changed, which) in CHILDREN.items():
                cursor.execute(copying(model, "session_id", changed, which))
            cursor.execute("DROP TABLE batch")
        for table in (SESSIONS, *(model._meta.db_table for model in CHILDREN)):
            cursor.execute(f"VACUUM (ANALYZE) {table}")
    return have


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--account", required=True, metavar="SLUG")
    parser.add_argument("--sessions", type=int, default=100_000, metavar="N")
    given = parser.parse_args()
    began = perf_counter()
    have = multiply(Account.objects.get(slug=given.account), given.sessions)
    print(f"{given.account}: {have} sessions in {perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
