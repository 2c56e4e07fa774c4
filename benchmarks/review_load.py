"""Accounts with many proposals and sessions: what `make_load` makes, copied within the database."""

from typing import Any

from django.core.management import call_command
from django.db import connection

from flowpilot.accounts.models import Account, Client
from flowpilot.core.models import TenantModel
from flowpilot.core.scope import account_scope
from flowpilot.flows.models import Flow
from proposals.models import FlowProposal
from sessions.models import AISession

PROPOSALS, SESSIONS, FLOWS = 1000, 4000, 100
"""Made as the product would; the others are copies of them."""
RARE, COMMON = "zyxxonide", "quarterly"
"""Words in a hundred titles, however many there are, and in every tenth."""
AT_ONCE = 50_000
SPREAD_SECONDS = 730 * 86_400
"""The proposals of an account came evenly in so long."""

CHANCE = "abs(hashtext(row.id::text || copy))"
"""A number that is the same whenever the row is made again."""
KEY = """(lpad(to_hex((extract(epoch FROM {when}) * 1000)::bigint), 12, '0') || '7'
  || substr(md5(row.id::text || copy), 1, 3) || '8' || substr(md5(row.id::text || copy), 4, 15))::uuid"""
"""Keys are ordered in time, as the product's are."""
STATUS = f"""CASE WHEN {CHANCE} %% 20 < 12 THEN 'pending' WHEN {CHANCE} %% 20 < 15 THEN 'edited'
  WHEN {CHANCE} %% 20 < 17 THEN 'dismissed' WHEN {CHANCE} %% 20 < 19 THEN 'rejected' ELSE 'expired' END"""
ENHANCES = f"{CHANCE} %% 7 < 2"
NUMBER = f"({{copy}} * {PROPOSALS} + row.place)"
TITLE = f"""left(CASE WHEN {NUMBER} %% 3 = 0 THEN repeat(row.title || ', ', 3) ELSE row.title END, 150)
  || ' ' || {NUMBER}
  || CASE WHEN {NUMBER} %% 10 = 3 THEN ' {COMMON}' ELSE '' END
  || CASE WHEN {NUMBER} %% {{each}} = 0 THEN ' {RARE}' ELSE '' END"""
"""A third are as long as titles get."""
COPY = """
INSERT INTO {table} ({columns})
SELECT {values}
FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM {table} WHERE id = ANY(%(base)s)) AS row
CROSS JOIN generate_series(%(first)s, %(last)s) AS copy
ORDER BY copy DESC, place DESC
"""
TOLD = """
UPDATE {table} AS told SET created_at = now() - row.place * interval '{step} seconds', title = {title}
FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM {table} WHERE id = ANY(%(base)s)) AS row
WHERE told.id = row.id
"""
"""The rows that were made get words and moments as their copies do."""
UNHEEDED = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT conrelid::regclass AS of_table, conname FROM pg_constraint
             WHERE contype = 'f' AND conrelid IN ('{proposals}'::regclass, '{sessions}'::regclass) LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', one.of_table, one.conname);
  END LOOP;
  ALTER TABLE {proposals} DISABLE TRIGGER USER;
  ALTER TABLE {sessions} DISABLE TRIGGER USER;
END $$
"""
"""Copies keep the keys of what they copy: asking for each of them would take longer than all the rest."""


def loaded(proposals: int, sessions: int) -> Account:
    """The account `bench-<proposals>`; one that is there already is taken as it stands."""
    slug = f"bench-{proposals}"
    if (there := Account.objects.filter(slug=slug).first()) is not None:
        return there
    with connection.cursor() as cursor:
        # What the planner knows of the tables is from the accounts before this one.
        cursor.execute("SET enable_nestloop = off")
        call_command(
            "make_load", account=slug, sessions=SESSIONS, proposals=PROPOSALS, flows=FLOWS, json=True
        )
        cursor.execute("RESET enable_nestloop")
    account = Account.objects.get(slug=slug)
    with account_scope(account.pk):
        own = list(FlowProposal.objects.values_list("pk", flat=True))
        theirs = list(AISession.objects.values_list("pk", flat=True))
        others = _values(proposals)
    tables = {"proposals": FlowProposal._meta.db_table, "sessions": AISession._meta.db_table}
    _as_owner(UNHEEDED.format(**tables))
    title = TITLE.format(copy=0, each=proposals // 100)
    told = TOLD.format(table=tables["proposals"], title=title, step=SPREAD_SECONDS / proposals)
    _as_owner(told, {"base": own})
    _copied(FlowProposal, own, proposals, others)
    when = "row.created_at - copy * interval '7 seconds'"
    _copied(AISession, theirs, sessions, {"id": KEY.format(when=when), "created_at": when})
    _as_owner("VACUUM (ANALYZE)")
    return account


def _values(proposals: int) -> dict[str, str]:
    """Column → SQL of what is another in a copy. Needs the account's scope."""
    when = f"row.created_at - copy * interval '{PROPOSALS * SPREAD_SECONDS / proposals} seconds'"
    clients = _array(Client.objects.values_list("pk", flat=True))
    one_of = f"({clients})[1 + {CHANCE} %% cardinality({clients})]"
    flows = list(Flow.objects.values_list("pk", "current_version_id")[:1])
    return {
        "id": KEY.format(when=when),
        "created_at": when,
        "title": TITLE.format(copy="copy", each=proposals // 100),
        "fingerprint": "left(row.fingerprint, 48) || '-' || copy",
        "status": STATUS,
        "reviewed_at": f"CASE WHEN {STATUS} = 'pending' THEN NULL ELSE {when} + interval '1 day' END",
        "proposal_type": f"CASE WHEN {ENHANCES} THEN 'enhancement' ELSE 'new_flow' END",
        "target_flow_id": f"CASE WHEN {ENHANCES} THEN '{flows[0][0]}'::uuid END",
        "base_version_id": f"CASE WHEN {ENHANCES} THEN '{flows[0][1]}'::uuid END",
        "client_id": f"CASE WHEN {CHANCE} %% 4 = 0 THEN {one_of} END",
        "evidence_count": f"2 + {CHANCE} %% 30",
        "client_count": f"1 + {CHANCE} %% 30 / 4",
        "confidence": f"0.3 + ({CHANCE} %% 65) / 100.0",
        "impact": f"({CHANCE} %% 100000) / 10.0",
    }


def _array(keys: Any) -> str:
    return "ARRAY[" + ", ".join(f"'{key}'" for key in keys) + "]::uuid[]"


def _copied(model: type[TenantModel], base: list[Any], wanted: int, other: dict[str, str]) -> None:
    """Copies of the base rows until there are as many as wanted, the oldest first."""
    names = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    values = ", ".join(other.get(name, f"row.{name}") for name in names)
    statement = COPY.format(table=model._meta.db_table, columns=", ".join(names), values=values)
    each = max(1, AT_ONCE // len(base))
    for last in range(wanted // len(base) - 1, 0, -each):
        _as_owner(statement, {"base": base, "first": max(1, last - each + 1), "last": last})


def _as_owner(statement: str, values: dict[str, Any] | None = None) -> None:
    with connection.acting_as_owner(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(statement, values)
