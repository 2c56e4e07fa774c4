"""Load and remove the demo."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.utils.translation import gettext as _

from analytics.actions.gaps import find_gaps
from analytics.actions.rollups import catch_up
from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.demo import history, library, people, practice
from flowpilot.demo.catalogue import catalogue
from flowpilot.demo.generate import sessions
from flowpilot.demo.hours import DAYS
from flowpilot.flows.jobs import index_library
from flowpilot.flows.models import Flow
from proposals import jobs
from proposals.models import AnalysisRun
from sessions import flow_stats
from sessions.models import AISession

FOUNDED_BEFORE = timedelta(days=DAYS + 30)
PUBLISHED_BEFORE = timedelta(days=DAYS + 5)

Progress = Callable[[int], None]


class NotTheDemo(Exception):
    """An account has the slug of a demo account but is somebody else's; it is left alone."""


def demo_accounts() -> list[Account]:
    """The demo's accounts that are in this database. Raises `NotTheDemo` where a slug is taken otherwise."""
    found = []
    for content in catalogue().accounts:
        row = Account.objects.filter(slug=content.slug).first()
        if row is None:
            continue
        if not row.users.filter(email__in=[person.email for person in content.people]).exists():
            raise NotTheDemo(
                _("The account “%(slug)s” has the slug of a demo account but nobody of the demo in it.")
                % {"slug": content.slug}
            )
        found.append(row)
    return found


@transaction.atomic
def remove() -> int:
    """Delete the demo's accounts with everything in them, and nothing else; returns how many."""
    accounts = demo_accounts()
    for account in accounts:
        with account_scope(account.pk):
            # A published flow may not lose its version, not even on the way out.
            Flow.objects.for_account(account.pk).update(status=Flow.Status.RETIRED)
            account.delete()
    return len(accounts)


@transaction.atomic
def load(*, seed: int, now: datetime, size: float = 1.0) -> int:
    """Write both accounts with their flows and sessions, all or nothing; returns the number of sessions."""
    content, count = catalogue(), 0
    by_account = {
        slug: list(told)
        for slug, told in groupby(sessions(seed, now, size), key=lambda session: session.account)
    }
    people.ensure_superuser()
    for account in content.accounts:
        ground = people.found(account, now - FOUNDED_BEFORE)
        with account_scope(ground.account.pk):
            versions = library.publish(ground, account, content, now - PUBLISHED_BEFORE)
            count += history.write(by_account[account.slug], ground, versions, seed)
            flow_stats.recount(ground.account.pk)
            practice.write(ground, account, content, seed=seed, now=now)
    return count


def analyse(progress: Progress = lambda done: None) -> list[tuple[Account, jobs.Tally]]:
    """Run the learning job itself on the demo's accounts: what is in their queues comes from it."""
    return [
        (account, jobs.run(account.pk, trigger=AnalysisRun.Trigger.COMMAND, progress=progress))
        for account in demo_accounts()
    ]


def settle() -> None:
    """Do what the schedule would do within minutes: the first intake finds the demo's flows, and the
    dashboard is full."""
    index_library()
    for account in demo_accounts():
        with account_scope(account.pk):
            catch_up(account)
            find_gaps(account)


def waiting() -> int:
    """How many of the demo's sessions await the analysis."""
    return sum(_waiting(account) for account in demo_accounts())


def _waiting(account: Account) -> int:
    with account_scope(account.pk):
        return AISession.objects.for_account(account.pk).awaiting_analysis().count()
