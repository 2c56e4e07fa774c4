"""How many sessions the learning job takes a second, where the time goes, and that memory stays flat.

    python benchmarks/analysis.py [--sessions 20000] [--problems 500] [--offline 500] [--tickets FILE]

Works on a throwaway database that `make_load` fills. `analysis_parts.py` measures, in a process of its own:

- prepared: the whole job (claim, read, group, compare, write) with an engine that answers at once. Memory is
  the process's resident memory, sampled every 10,000 sessions;
- offline: the whole job with the rule-based engine on `--offline` sessions, each of another problem so that
  each is mined; with --tickets, on the tickets of a file as `import_tickets` reads it. Of that the engine's
  part, and the domain classifier on the same texts.

`cpu` is the process's own time, the database's is not in it: on a busy machine it says more than the clock.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
PARTS = Path(__file__).resolve().parent / "analysis_parts.py"
WITH_DJANGO = "import django, runpy; django.setup(); runpy.run_path({path!r}, run_name='__main__')"


class Home:
    """An installation with a database of its own."""

    def __init__(self, home: Path, batch: int) -> None:
        self._environment = {
            **os.environ,
            "DATABASE_URL": "",
            "DJANGO_SETTINGS_MODULE": "flowpilot.settings",
            "FLOWPILOT_ANALYSIS_BATCH": str(batch),
            "FLOWPILOT_HOME": str(home),
            "FLOWPILOT_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }

    def manage(self, *arguments: str) -> str:
        return self._run([str(ROOT / "manage.py"), *arguments])

    def measure(self, *arguments: str) -> dict[str, Any]:
        answer = self._run(["-c", WITH_DJANGO.format(path=str(PARTS)), *arguments])
        measured: dict[str, Any] = json.loads(answer)
        return measured

    def _run(self, arguments: list[str]) -> str:
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, env=self._environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(arguments)[:200]} ended with {done.returncode}")
        return done.stdout


def measure(home: Home, arguments: argparse.Namespace) -> dict[str, Any]:
    home.manage("migrate", "--verbosity", "0")
    made = {}
    for slug, sessions, problems in (
        ("prepared", arguments.sessions, arguments.problems),
        ("offline", arguments.offline, arguments.offline),
    ):
        of = ("--sessions", str(sessions), "--pending", str(sessions), "--problems", str(problems))
        made[slug] = json.loads(home.manage("make_load", "--account", slug, *of, "--json"))
    result = {
        "load": made["prepared"],
        "prepared": home.measure("prepared", "prepared"),
        "offline": home.measure("offline", "offline"),
    }
    if arguments.tickets:
        home.manage("create_account", "tickets", "--name", "Tickets", "--admin", "owner@tickets.example")
        home.manage("import_tickets", str(arguments.tickets), "--account", "tickets", "--no-progress")
        result["tickets"] = home.measure("offline", "tickets")
    return result


def show(result: dict[str, Any]) -> None:
    table = Table("part", "sessions", "seconds", "per second", "cpu", "per cpu second", title="Learning job")
    for part in ("prepared", "offline", "tickets"):
        for name, row in result.get(part, {}).get("rows", {}).items():
            table.add_row(
                f"{part}: {name}",
                f"{row['sessions']:,}",
                f"{row['seconds']:.1f}",
                f"{row['per_second']:,.0f}",
                f"{row['cpu']:.1f}",
                f"{row['per_cpu_second']:,.0f}",
            )
    console = Console()
    console.print(table)
    for part in ("prepared", "offline", "tickets"):
        if part in result:
            console.print(f"{part}: {result[part]['outcomes']}")
    memory = Table("sessions done", "resident MB", title="Memory, prepared")
    for sample in result["prepared"]["memory"]:
        memory.add_row(f"{sample['done']:,}", f"{sample['mb']:.0f}")
    console.print(memory)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sessions", type=int, default=20_000)
    parser.add_argument("--problems", type=int, default=500, help="different problems among them")
    parser.add_argument("--offline", type=int, default=500, help="sessions for the rule-based engine")
    parser.add_argument("--tickets", type=Path, help="a file of tickets for the rule-based engine")
    parser.add_argument("--batch", type=int, default=200, help="sessions claimed at a time")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.tickets and not arguments.tickets.is_file():
        parser.error(f"{arguments.tickets} is not a file")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the database's own system user passes through it
        result = measure(Home(Path(folder) / "home", arguments.batch), arguments)
    if arguments.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)


if __name__ == "__main__":
    main()
