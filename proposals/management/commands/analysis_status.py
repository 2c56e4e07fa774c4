"""How the learning job stands: what its page shows, for who runs the server."""

import json
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from flowpilot.accounts.models import Account
from flowpilot.core.paging import page_of
from flowpilot.core.scope import account_scope
from proposals import runs


@dataclass(frozen=True)
class Standing:
    """One account: how it stands now, its last runs, its newest failed sessions."""

    account: Account
    now: runs.Now
    last_runs: list[runs.Run]
    failures: list[runs.Failure]


class Command(BaseCommand):
    help = "Say how the analysis stands: worker, schedule, what waits, what failed and why, the last runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", metavar="SLUG", help="only this account")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        service = runs.service()
        standings = [standing_of(account) for account in accounts(options["account"])]
        if options["json"]:
            told = {**service_json(service), "accounts": [standing_json(standing) for standing in standings]}
            self.stdout.write(json.dumps(told))
            return
        self._print_service(service)
        for standing in standings:
            self._print(standing)

    def _print_service(self, service: runs.Service) -> None:
        works = "at work" if service.works else "none at work; start one: manage.py worker"
        self.stdout.write(f"worker: {works}, last seen {at(service.last_beat, 'never')}")
        self.stdout.write(f"next run: {at(service.next_run, 'none scheduled; see manage.py sync_schedules')}")

    def _print(self, standing: Standing) -> None:
        now, waiting = standing.now, standing.now.waiting
        self.stdout.write(f"\n{standing.account.slug}")
        self.stdout.write(
            f"  waiting {waiting.ready} (oldest {at(waiting.oldest)}), in work {waiting.in_work}, "
            f"to be tried again {waiting.later} (next {at(waiting.next_retry)}), failed {now.failed}"
        )
        if now.requested:
            self.stdout.write(f"  a run was asked for at {at(now.requested)}")
        for run in standing.last_runs:
            self.stdout.write(f"  run {at(run.row.started_at)} {run.row.trigger} {run_words(run)}")
        for failure in standing.failures:
            session = failure.session
            self.stdout.write(
                f"  failed {session.pk} “{session.title}”: {failure.error or 'no reason recorded'}"
            )


def accounts(slug: str | None) -> list[Account]:
    if slug is None:
        return list(Account.objects.order_by("slug"))
    found = list(Account.objects.filter(slug=slug))
    if not found:
        raise CommandError(f"There is no account with the slug “{slug}”.")
    return found


def standing_of(account: Account) -> Standing:
    with account_scope(account.pk):
        failing = runs.failing_in(account.pk)
        newest = page_of(runs.with_failure(failing)).rows
        return Standing(
            account, runs.now_of(account.pk, failing), runs.last_runs(account.pk), runs.failures(newest, None)
        )


def at(moment: datetime | None, nothing: str = "–") -> str:
    return moment.isoformat(timespec="seconds") if moment else nothing


def moment_json(moment: datetime | None) -> str | None:
    return at(moment) if moment else None


def run_words(run: runs.Run) -> str:
    if run.state != "completed":
        return run.state.replace("_", " ")
    outcomes = "".join(f", {name.lower()}: {count}" for name, count in run.outcomes)
    figures = f"claimed {run.claimed}, completed {run.completed}, failed {run.failed}"
    return f"{run.seconds:.1f} s, {figures}{outcomes}"


def service_json(service: runs.Service) -> dict[str, Any]:
    worker = {"works": service.works, "last_beat": moment_json(service.last_beat)}
    return {"worker": worker, "next_run": moment_json(service.next_run)}


def standing_json(standing: Standing) -> dict[str, Any]:
    waiting = standing.now.waiting
    return {
        "account": standing.account.slug,
        "waiting": {
            **amount_json(waiting.ready),
            "oldest": moment_json(waiting.oldest),
            "in_work": waiting.in_work,
            "later": waiting.later,
            "next_retry": moment_json(waiting.next_retry),
        },
        "requested": moment_json(standing.now.requested),
        "failed": {
            **amount_json(standing.now.failed),
            "newest": [failure_json(failure) for failure in standing.failures],
        },
        "runs": [run_json(run) for run in standing.last_runs],
    }


def amount_json(amount: runs.Amount) -> dict[str, Any]:
    """`more`: there are more than that, and they were not counted."""
    return {"count": amount.number, "more": amount.more}


def failure_json(failure: runs.Failure) -> dict[str, Any]:
    analysis = failure.analysis
    return {
        "session": str(failure.session.pk),
        "title": failure.session.title,
        "error": failure.error,
        "attempts": analysis.attempts if analysis else None,
        "since": moment_json(analysis.finished_at) if analysis else None,
    }


def run_json(run: runs.Run) -> dict[str, Any]:
    return {
        "started": moment_json(run.row.started_at),
        "finished": moment_json(run.row.finished_at),
        "state": run.state,
        "trigger": run.row.trigger,
        "seconds": run.seconds,
        "counts": run.row.counts,
    }
