"""The database's disk is full: nothing is half written, nobody charged, and work goes on when there is room.

Once as the server says it, and once with a file system that really is full (needs root, to mount one).
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from flowpilot.core.postgres import postmaster
from flowpilot.core.postgres.binaries import choose, reachable
from flowpilot.core.postgres.configuration import SUPERUSER
from flowpilot.core.postgres.location import known_place
from flowpilot.core.postgres.osuser import OsUser, by_id
from proposals import jobs
from proposals.models import FlowProposal, ProposalDraft, ProposalEvidence, SessionAnalysis
from sessions.models import AISession
from tests.factories import Cast, make_cast
from tests.proposals.test_learning_job import Recorder, similar

pytestmark = pytest.mark.django_db(transaction=True)

TABLE = "proposals_proposaldraft"
MEGABYTES = 2
FULL = "The database's disk is full; the analysis goes on when there is room."
SAYS_FULL = f"""
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON {TABLE} FOR EACH ROW EXECUTE FUNCTION no_room()
"""
MakeRoom = Callable[[], object]


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def said_to_be_full() -> Iterator[MakeRoom]:
    execute(SAYS_FULL)
    try:
        yield lambda: execute(f"DROP TRIGGER no_room ON {TABLE}")
    finally:
        execute("DROP FUNCTION no_room CASCADE")


@contextmanager
def really_full() -> Iterator[MakeRoom]:
    """Drafts in a tablespace on a file system of two megabytes, which a file fills."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    with tempfile.TemporaryDirectory(prefix="fp-") as name:
        directory = Path(name)
        mounting = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0711", "none", name]
        if subprocess.run(mounting, capture_output=True, check=False).returncode:
            pytest.skip("no file system can be mounted here")
        try:
            with _drafts_in(directory):
                ballast = directory / "ballast"
                _fill(ballast)
                yield ballast.unlink
        finally:
            subprocess.run(["umount", "--lazy", name], check=True)


@contextmanager
def _drafts_in(directory: Path) -> Iterator[None]:
    server = postmaster.find(known_place(settings.HOME).data)
    assert server is not None
    owner, space = by_id(server.uids().real), f"small_{connection.settings_dict['NAME']}"
    place = directory / "space"
    owner.give_directory(place)
    _as_superuser(owner, f"CREATE TABLESPACE {space} LOCATION '{place}'")
    _as_superuser(owner, f"GRANT CREATE ON TABLESPACE {space} TO {connection.settings_dict['USER']}")
    try:
        # Emptied first: rows that former tests rolled back have left room in it.
        execute(f"TRUNCATE {TABLE} CASCADE")
        execute(f"ALTER TABLE {TABLE} SET TABLESPACE {space}")
        yield
    finally:
        execute(f"ALTER TABLE {TABLE} SET TABLESPACE pg_default")
        _as_superuser(owner, f"DROP TABLESPACE {space}")


def _as_superuser(owner: OsUser, sql: str) -> None:
    place = known_place(settings.HOME)
    psql = reachable(choose(place.data_major()), owner).program("psql")
    where = [f"--host={place.sockets}", f"--username={SUPERUSER}", "--dbname=postgres"]
    done = owner.run([psql, "--no-psqlrc", "--quiet", *where, f"--command={sql}"])
    assert done.returncode == 0, done.stderr


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))


WAYS = {"as the server says it": said_to_be_full, "a full file system": really_full}


def waiting(cast: Cast) -> int:
    told = StringIO()
    call_command("analysis_status", json=True, stdout=told)
    (account,) = json.loads(told.getvalue())["accounts"]
    assert (account["account"], account["failed"]["count"]) == (cast.account.slug, 0)
    return int(account["waiting"]["count"])


@pytest.mark.parametrize("way", WAYS)
def test_work_stops_unharmed_and_goes_on_when_there_is_room(way: str) -> None:
    cast = make_cast("acme")
    made = {similar(cast, number).pk for number in range(1, 5)}

    with WAYS[way]() as make_room:
        for _minute in range(5):
            tally = jobs.run(engine_of=lambda account: Recorder())
            assert (tally.completed, tally.failed, tally.errors) == (0, 0, [f"acme: {FULL}"])
        half_written = (FlowProposal, ProposalDraft, ProposalEvidence, SessionAnalysis)
        assert [model.objects.count() for model in half_written] == [0, 0, 0, 0]
        assert set(AISession.objects.values_list("analysis_status", flat=True)) == {"pending"}
        assert waiting(cast) == len(made)

        make_room()
        assert jobs.run(engine_of=lambda account: Recorder()).completed == len(made)

    rows = SessionAnalysis.objects.values_list("session", "state", "attempts")
    assert set(rows) == {(pk, "completed", 1) for pk in made}
    assert set(ProposalEvidence.objects.values_list("session", flat=True)) == made
    assert waiting(cast) == 0
