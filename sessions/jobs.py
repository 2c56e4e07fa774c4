"""Scheduled work on sessions."""

import logging
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account
from flowpilot.accounts.notifications import notify
from flowpilot.accounts.rounds import in_every_account, told
from flowpilot.accounts.turns import in_turns
from flowpilot.core.retrieval.upkeep import catch_up, waiting_since
from flowpilot.core.scope import account_scope
from flowpilot.core.uploads import store
from sessions import actions
from sessions.actions.tokens import sum_tokens
from sessions.models import AISession, Attachment, IntakeFile, KeptFile
from sessions.models.session import opening_in
from sessions.similar import PAST

log = logging.getLogger(__name__)
SWEPT_AT_ONCE = 500
"""Idle sessions that one sweep warns of, and ends, in an account; the next one goes on."""
NOTICE = 7
"""Whoever holds an idle session is warned a seventh of the limit ahead: two days of fourteen."""
IDLE = "session_idle"


COUNTED_BACK = timedelta(days=2)
"""How long the worker may have stood still without a call being left out of its session's sum."""
INDEXING_SECONDS = 40
"""The next run of the schedule goes on where this one stops."""


def abandon_idle() -> str:
    """Abandon what nobody touched for the account's idle days, and warn of what is next, in every account."""
    return in_every_account("abandoned", _swept_and_warned)


def _swept_and_warned(account: Account) -> int:
    abandoned = sweep(account.pk, idle_days=account.idle_abandon_days)
    warn(account.pk, idle_days=account.idle_abandon_days)
    return abandoned


def warn(account_id: UUID, *, idle_days: int) -> int:
    """Tell the holders of open sessions that they are about to be abandoned, once in each idle period, before
    anything is: `sweep` ends only what was warned of. Returns how many sessions."""
    limit = timedelta(days=idle_days)
    idle = AISession.objects.for_account(account_id).filter(
        Q(idle_warned_at__isnull=True) | Q(idle_warned_at__lt=F("updated_at")),
        status__in=AISession.OPEN,
        updated_at__lt=timezone.now() - limit + limit / NOTICE,
    )
    rows = idle.select_related("user", "escalated_to").defer("intake_content").annotate(opening=opening_in())
    found = list(rows.order_by("updated_at")[:SWEPT_AT_ONCE])
    said = _("“%(title)s” has been idle for days. It will be abandoned unless you go on.")
    for session in found:
        with transaction.atomic():
            # Not through `save`: a warning is no touch.
            if idle.filter(pk=session.pk).update(idle_warned_at=timezone.now()):
                holder = session.escalated_to or session.user
                page = reverse("sessions:detail", args=[session.pk])
                notify(holder, kind=IDLE, text=said % {"title": session.title}, url=page)
    return len(found)


def sweep(account_id: UUID, *, idle_days: int) -> int:
    """Abandon the account's open sessions that nobody touched for `idle_days`, whose holders were warned in
    time; returns how many."""
    now, limit = timezone.now(), timedelta(days=idle_days)
    idle = AISession.objects.for_account(account_id).filter(
        status__in=AISession.OPEN,
        updated_at__lt=now - limit,
        idle_warned_at__gte=F("updated_at"),
        idle_warned_at__lte=now - limit / NOTICE,
    )
    reason = _("Nothing happened for %(days)s days.") % {"days": idle_days}
    found = list(idle.order_by("updated_at").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    return sum(_abandon_if_still(idle.filter(pk=pk), reason) for pk in found)


@transaction.atomic
def _abandon_if_still(idle: QuerySet[AISession], reason: str) -> bool:
    """Abandon the one session of `idle`, unless it was touched since it was found or is being touched."""
    session = idle.select_for_update(of=("self",), no_key=True, skip_locked=True).first()
    if session is None:
        return False
    actions.abandon(session, reason=reason, by=None)
    return True


def index_history() -> str:
    """Index resolved sessions, so that they are found as similar, in every account."""
    return in_turns(
        "indexed",
        lambda account, until: catch_up(PAST, account.pk, deadline=until),
        since=lambda account: waiting_since(PAST, account.pk),
        seconds=INDEXING_SECONDS,
    )


def sweep_uploads() -> str:
    """Remove contents of files that no row names any more, and the files of accounts that are gone."""
    there = set(Account.objects.values_list("pk", flat=True))
    removed, failed = 0, []
    for account_id in store.accounts():
        try:
            removed += _swept(account_id) if account_id in there else _forgotten(account_id)
        except OSError:
            log.exception("The files of account %s could not be swept", account_id)
            failed.append(str(account_id))
    return told("removed", removed, failed)


def _swept(account_id: UUID) -> int:
    def known(names: Collection[str]) -> Collection[str]:
        kinds: tuple[type[KeptFile], ...] = (Attachment, IntakeFile)
        rows = (kind.objects.for_account(account_id).filter(stored_as__in=names) for kind in kinds)
        return {name for each in rows for name in each.values_list("stored_as", flat=True)}

    with account_scope(account_id):
        return store.sweep(account_id, known)


def _forgotten(account_id: UUID) -> int:
    store.forget(account_id)
    return 1


def count_tokens() -> str:
    """Sum what sessions have used of models lately, in every account."""
    since = timezone.now() - COUNTED_BACK
    return in_every_account("summed", lambda account: sum_tokens(account.pk, since=since))
