"""What the verbs of accounts refuse; each message is for the person who asked."""

from django.utils.translation import gettext as _


class Refused(Exception):
    """The verb was not carried out, and nothing was written."""


class Changed(Refused):
    """Somebody else was first; what was seen is not how it stands."""

    def __init__(self) -> None:
        super().__init__(_("Somebody else changed this meanwhile. See how it stands now, then try again."))


class LastAdmin(Refused):
    """An account always has somebody who administers it."""

    def __init__(self) -> None:
        super().__init__(_("This is the last account admin. Make somebody else one first."))


class OwnLogin(Refused):
    """Nobody switches the own login off."""


class NameTaken(Refused):
    """A name is given once in an account."""


class StillInUse(Refused):
    """Something belongs to it that has to go elsewhere first."""


class AlreadyThere(Refused):
    """Whoever is invited is in the account, or has an invitation already."""


class TooMany(Refused):
    """More of it than an account may have, or sooner than it may be done again."""


class LinkDead(Refused):
    """The link of an invitation that was used, revoked, is too old, or never was one."""

    def __init__(self) -> None:
        super().__init__(_("This link does not work any more."))
