"""One PostgreSQL server on one place: creating its data, starting and stopping it."""

import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from flowpilot.core.postgres import configuration, postmaster
from flowpilot.core.postgres.binaries import Binaries, choose, reachable
from flowpilot.core.postgres.configuration import APP_ROLE, DATABASE, OWNER_ROLE, SUPERUSER
from flowpilot.core.postgres.errors import ClusterError
from flowpilot.core.postgres.location import Place, open_sockets
from flowpilot.core.postgres.osuser import OsUser

START_SECONDS = 120
ORPHAN_SECONDS = 10

# Code-point order is fast and the same on every machine: a new C library never invalidates an index.
# Unlike plain C, this locale still knows upper and lower case of all of Unicode. (The wheel has no ICU.)
CREATION = (
    f"--username={SUPERUSER}",
    "--auth=peer",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
# Run at each start, so it does nothing that is done already. The extension goes into the template too: test
# databases are made from that. And not into the schema public: emptying a database by DROP SCHEMA public
# CASCADE leaves it in place. (Not done by `postgres --single`, whose objects pg_dump takes for built in.)
PROVISION = f"""\
SELECT 'CREATE ROLE {OWNER_ROLE} LOGIN CREATEDB'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER_ROLE}') \\gexec
SELECT 'CREATE ROLE {APP_ROLE} LOGIN'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') \\gexec
SELECT 'GRANT {APP_ROLE} TO {OWNER_ROLE}'
 WHERE NOT pg_has_role('{OWNER_ROLE}', '{APP_ROLE}', 'MEMBER') \\gexec
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector SCHEMA pg_catalog;
SELECT 'CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE}') \\gexec
\\connect {DATABASE}
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS vector SCHEMA pg_catalog;
"""  # noqa: S608 — our own constants


@dataclass(frozen=True)
class Server:
    place: Place
    user: OsUser
    throwaway: bool

    def is_ready(self) -> bool:
        return postmaster.is_ready(self.place.data)

    def is_provisioned(self) -> bool:
        """Ready, and this very run of it has our roles, database and extension."""
        process = postmaster.find(self.place.data)
        try:
            return process is not None and self._mark.read_text() == str(process.pid) and self.is_ready()
        except FileNotFoundError:
            return False

    def start(self) -> None:
        """Create what is missing, and start. Call it under the start lock."""
        binaries = reachable(choose(self.place.data_major()), self.user)
        if postmaster.find(self.place.data) is None:
            self.user.give_directory(self.place.log)
            open_sockets(self.place, self.user)
            config = configuration.write(self.place, self.user, throwaway=self.throwaway)
            if not self.place.data.exists():
                self._create(binaries)
            self._clear_what_a_crash_left()
            self._launch(binaries, config)
        pid = self._wait_until_ready()
        where = ["--host", str(self.place.sockets), "--port", str(postmaster.port(self.place.data))]
        superuser = [*where, "--username", SUPERUSER, "--dbname", "template1"]
        strict = ["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
        self._run(binaries, "psql", *superuser, *strict, stdin=PROVISION)
        self._mark.write_text(str(pid))

    @property
    def _mark(self) -> Path:
        return self.place.root / "provisioned"

    def _create(self, binaries: Binaries) -> None:
        """The data are made aside and moved into place: there whole or not at all."""
        half = self.place.data.with_name("data.new")
        shutil.rmtree(half, ignore_errors=True)
        self.user.give_directory(half)
        sync = ["--no-sync"] if self.throwaway else []
        self._run(binaries, "initdb", "-D", half, *CREATION, *sync)
        half.rename(self.place.data)

    def _clear_what_a_crash_left(self) -> None:
        """PostgreSQL clears a dead pid file itself, and guards against its own orphans by it. But it takes
        any live process of that number for a server: then we, who know better, remove the file."""
        deadline = time.monotonic() + ORPHAN_SECONDS
        while postmaster.orphans(self.place.name):
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"Processes of an earlier PostgreSQL on {self.place.data} are still there although their "
                    f"server is gone: end those that `ps ax` shows as {self.place.name!r}, then try again."
                )
            time.sleep(0.1)
        for leftover in self.place.sockets.glob(".s.PGSQL.*"):
            leftover.unlink()
        if postmaster.names_a_stranger(self.place.data):
            (self.place.data / "postmaster.pid").unlink()

    def _launch(self, binaries: Binaries, config: Path) -> None:
        log = self.place.log / "start.log"
        options = f"-c config_file='{config}'"
        command: list[str | Path] = ["-D", self.place.data, "-l", log, "-o", options, "-W", "start"]
        self._run(binaries, "pg_ctl", *command)

    def _wait_until_ready(self) -> int:
        """The server's process id."""
        deadline = time.monotonic() + START_SECONDS
        while (process := postmaster.find(self.place.data)) is None or not self.is_ready():
            # A server that has only just been launched has no pid file yet.
            gone = process is None and not postmaster.is_starting(self.place.data)
            if gone or time.monotonic() > deadline:
                raise ClusterError(
                    f"PostgreSQL did not start: {self._last_words()} (its logs are in {self.place.log})."
                )
            time.sleep(postmaster.POLL_SECONDS)
        return int(process.pid)

    def _last_words(self) -> str:
        logs = sorted(self.place.log.glob("*.log"), key=lambda path: path.stat().st_mtime, reverse=True)
        lines = [line for log in logs for line in reversed(log.read_text(errors="replace").splitlines())]
        fatal = (line.split("FATAL:", 1)[1].strip() for line in lines if "FATAL:" in line)
        return next(fatal, "it gave no reason")

    def _run(self, binaries: Binaries, program: str, *arguments: str | Path, stdin: str = "") -> None:
        done: subprocess.CompletedProcess[str] = self.user.run(
            [binaries.program(program), *arguments], stdin=stdin
        )
        if done.returncode != 0:
            said = _gist((done.stderr or done.stdout).strip().splitlines())
            raise ClusterError(f"PostgreSQL's {program} failed on {self.place.root}: {said}")


def _gist(lines: list[str]) -> str:
    """Of what a program said, the lines that name an error; without one, the last."""
    telling = [line for line in lines if re.search(r"\b(?:FATAL|PANIC|ERROR|error): ", line)]
    return " / ".join(telling[:3] or lines[-3:])
