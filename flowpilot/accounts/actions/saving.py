"""Saved views: kept under a name, renamed, shared, removed. Account admins tidy shared ones."""

from urllib.parse import parse_qsl, urlencode

from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from flowpilot.accounts.models import SavedView, User
from flowpilot.accounts.refusals import NameTaken, Refused, TooMany
from flowpilot.accounts.roles import NotAllowed

QUERY_LENGTH = 2_000
MOST = 50
"""Views that one person keeps for one screen."""
_NOT_KEPT = ("view", "after", "csrfmiddlewaretoken")
"""Parameters that are no filters: another view, the place in the list."""
_SLUG_LENGTH = 70


class TooLong(Refused):
    """More filters than a view keeps."""

    def __init__(self) -> None:
        super().__init__(_("These are more filters than a view can keep."))


def save(name: str, *, screen: str, query: str, shared: bool = False, by: User) -> SavedView:
    """Keep a list's filters (`query`, as in an address) under a name for the account of `by`."""
    if by.account_id is None:
        raise NotAllowed(_("Superusers belong to no account and keep no views."))
    kept = _filters_in(query)
    with transaction.atomic():
        rows = SavedView.objects.for_account(by.account_id).of_screen(screen)
        _refuse_same_name(name, screen=screen, by=by)
        if rows.filter(owner=by).count() >= MOST:
            raise TooMany(
                _("You keep %(count)d views of this list already. Remove one first.") % {"count": MOST}
            )
        view = SavedView(
            account_id=by.account_id,
            owner=by,
            screen=screen,
            slug=_free_slug(name, set(rows.values_list("slug", flat=True))),
            name=name,
            query=kept,
            shared=shared,
        )
        try:
            with transaction.atomic():
                view.save(force_insert=True)
        except IntegrityError as error:
            raise NameTaken(_("Somebody has just saved a view with this name. Try again.")) from error
    return view


@transaction.atomic
def rename(view: SavedView, name: str, *, by: User) -> None:
    """Another name; the word in the address stays, so links to it go on working."""
    _refuse_unless_own(view, by)
    _refuse_same_name(name, screen=view.screen, by=by, but=view)
    view.name = name
    view.save(update_fields=["name"])


@transaction.atomic
def share(view: SavedView, *, shared: bool, by: User) -> None:
    """Show it to everybody in the account, or to its owner alone again."""
    _refuse_unless_own(view, by)
    view.shared = shared
    view.save(update_fields=["shared"])


def delete(view: SavedView, *, by: User) -> None:
    _refuse_unless_own(view, by)
    view.delete()


def may_change(view: SavedView, user: User) -> bool:
    """Its owner; of shared ones account admins, too, for their owners leave."""
    if view.account_id != user.account_id:
        return False
    return view.owner_id == user.pk or (view.shared and user.account_admin)


def _refuse_unless_own(view: SavedView, by: User) -> None:
    if not may_change(view, by):
        raise NotAllowed(_("Only whoever saved a view can change it."))


def _refuse_same_name(name: str, *, screen: str, by: User, but: SavedView | None = None) -> None:
    """Two views that one person sees have two names."""
    seen = SavedView.objects.visible_to(by).of_screen(screen).filter(name__iexact=name)
    if seen.exclude(pk=but.pk if but else None).exists():
        raise NameTaken(_("There is a view named “%s” already.") % name)


def _filters_in(query: str) -> str:
    if len(query) > QUERY_LENGTH:
        raise TooLong
    given = parse_qsl(query.removeprefix("?"))
    return urlencode([(name, value) for name, value in given if name not in _NOT_KEPT])


def _free_slug(name: str, taken: set[str]) -> str:
    """A word for the address that no view of the screen has, also none that one may not see."""
    word = slugify(name, allow_unicode=True)[:_SLUG_LENGTH] or "view"
    if word not in taken:
        return word
    return next(numbered for n in range(2, len(taken) + 3) if (numbered := f"{word}-{n}") not in taken)
