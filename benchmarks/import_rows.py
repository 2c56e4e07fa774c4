"""How fast tickets are imported, masking included, and how much memory a large file takes.

    python benchmarks/import_rows.py [--rows 5000] [--megabytes 300] [--format csv|jsonl|json]

Runs the real command in its own process against a throwaway database: once to import `--rows` tickets, once
to read a file of `--megabytes` with --dry-run. Prints one JSON object; the figures are those of the command
as a whole, its start included. `memory_mb` is the largest resident memory of the process.
"""

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SUBJECTS = (
    "Outlook",
    "VPN client",
    "printer",
    "Teams",
    "file share",
    "laptop dock",
    "DNS server",
    "backup job",
)
FAULTS = (
    "asks for credentials",
    "does not start",
    "is very slow",
    "shows error 0x80070005",
    "lost its settings",
)
ACTIONS = (
    "Checked the event log and found event 1014 at the time of the outage",
    "Cleared the cached credentials in Credential Manager",
    "Reinstalled the driver from the vendor's page and restarted the spooler service",
    "Ran `ipconfig /flushdns` and renewed the lease",
    "Reset the password to {password} and had the user sign in again",
    "Mapped the drive again with net use S: \\\\fs01\\share /user:CORP\\svc {password}",
    "Moved the computer object to the right organisational unit and ran gpupdate /force",
    "Asked the user to test for a day; the problem has not come back",
)


def tickets(seed: int) -> Iterator[dict[str, str]]:
    """Endless made-up tickets of about 1.5 kB, every second one with a secret in it."""
    rng = random.Random(seed)
    number = 0
    while True:
        number += 1
        subject, fault = rng.choice(SUBJECTS), rng.choice(FAULTS)
        password = f"Pw{rng.randrange(10**6):06}!x"
        steps = [action.format(password=password) for action in rng.choices(ACTIONS, k=8)]
        yield {
            "Ticket #": str(seed * 10**8 + number),
            "Summary": f"{subject} {fault} on PC-{rng.randrange(10**4)}",
            "Initial Description": f"Since this morning the {subject} {fault}. "
            + "It worked last week. " * 20,
            "Resolution": "\n".join(f"{place}. {step}" for place, step in enumerate(steps, start=1)),
            "Status": ">Closed",
            "Company": f"Client {rng.randrange(50)}",
            "Date Entered": "3/1/2025 8:00 AM",
            "Date Closed": "3/1/2025 9:30 AM",
        }


def write(path: Path, seed: int, *, rows: int | None = None, size: int | None = None) -> None:
    """Write tickets until there are `rows` of them or `size` bytes."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, list(next(tickets(0))))
        if path.suffix == ".csv":
            table.writeheader()
        for ticket in tickets(seed):
            if (rows is not None and count >= rows) or (size is not None and out.tell() >= size):
                break
            if path.suffix == ".csv":
                table.writerow(ticket)
            else:
                opening = "" if path.suffix == ".jsonl" else "[" if count == 0 else ","
                out.write(opening + json.dumps(ticket) + "\n")
            count += 1
        out.write("]" if path.suffix == ".json" else "")


@dataclass(frozen=True)
class Run:
    seconds: float
    cpu_seconds: float
    """Of the command's own process; the database's share is not in it."""
    memory_mb: float
    report: dict[str, int]

    def figures(self) -> dict[str, float]:
        return {
            "read": self.report["read"],
            "imported": self.report["imported"],
            "seconds": round(self.seconds, 2),
            "cpu_seconds": round(self.cpu_seconds, 2),
            "rows_per_second": round(self.report["read"] / self.seconds),
            "memory_mb": round(self.memory_mb),
        }


def manage(home: Path, *args: str) -> Run:
    """Run manage.py in a process of its own."""
    environment = {**os.environ, "FLOWPILOT_HOME": str(home), "DATABASE_URL": ""}
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *args], env=environment, stdout=out
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"manage.py {args[0]} ended with {process.returncode}")
        out.seek(0)
        printed = out.read() if "--json" in args else "{}"
    seconds = time.perf_counter() - began
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, json.loads(printed))


def measure(folder: Path, arguments: argparse.Namespace) -> dict[str, object]:
    home = folder / "home"
    manage(home, "migrate", "--verbosity", "0")
    manage(home, "create_account", "bench", "--name", "Bench", "--admin", "bench@bench.example")
    small, large = (folder / f"{name}.{arguments.format}" for name in ("small", "large"))
    call = ("--account", "bench", "--json", "--no-progress")
    write(small, 1, rows=arguments.rows)
    write(large, 2, size=arguments.megabytes * 10**6)
    return {
        "import": manage(home, "import_tickets", str(small), *call).figures(),
        "second_import": manage(home, "import_tickets", str(small), *call).figures(),
        "dry_run": {
            "megabytes": round(large.stat().st_size / 10**6),
            **manage(home, "import_tickets", str(large), *call, "--dry-run").figures(),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--megabytes", type=int, default=300)
    parser.add_argument("--format", choices=("csv", "jsonl", "json"), default="csv")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the database's own system user passes through it
        print(json.dumps(measure(Path(folder), parser.parse_args()), indent=2))


if __name__ == "__main__":
    main()
