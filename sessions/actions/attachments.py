"""Verbs of a session's files."""

from collections.abc import Sequence
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account, User
from flowpilot.core.uploads import store
from flowpilot.core.uploads.intake import Prepared
from sessions.actions.writing import lock, log, save
from sessions.models import AISession, Attachment
from sessions.rules import Incomplete, refuse_unless, refuse_unless_holder

AT_ONCE = 5
IN_A_SESSION = 20


@transaction.atomic
def attach(session: AISession, *, files: Sequence[Prepared], by: User) -> list[Attachment]:
    """Add files: all of them or none. The intake names the images among them."""
    locked = lock(session)
    refuse_unless(locked, "attach", AISession.OPEN)
    refuse_unless_holder(locked, by)
    _refuse_too_many(locked, files)
    added = [_kept(locked, file, by) for file in files]
    images = [str(each.pk) for each in added if each.is_image]
    if images:
        locked.intake_content["image_urls"] = [*_named_images(locked), *images]
    save(locked, session, "intake_content")
    log(locked, "attach", locked.status, reason=", ".join(each.name for each in added), by=by)
    return added


@transaction.atomic
def detach(attachment: Attachment, *, by: User) -> None:
    """Take a file away, content and all."""
    session = attachment.session
    locked = lock(session)
    refuse_unless(locked, "detach", AISession.OPEN)
    refuse_unless_holder(locked, by)
    if not locked.attachments.filter(pk=attachment.pk).exists():
        return
    remaining = [each for each in _named_images(locked) if each != str(attachment.pk)]
    if "image_urls" in locked.intake_content:
        locked.intake_content["image_urls"] = remaining
    save(locked, session, "intake_content")
    log(locked, "detach", locked.status, reason=attachment.name, by=by)
    Attachment.objects.filter(pk=attachment.pk).delete()
    transaction.on_commit(partial(store.remove, attachment.account_id, attachment.stored_as))


def _named_images(session: AISession) -> list[str]:
    named = session.intake_content.get("image_urls")
    return [str(each) for each in named] if isinstance(named, list) else []


def _kept(session: AISession, file: Prepared, by: User) -> Attachment:
    stored_as = store.keep(session.account_id, file.content)
    return Attachment.objects.create(
        account_id=session.account_id,
        session=session,
        uploaded_by=by,
        name=file.name,
        kind=Attachment.Kind.IMAGE if file.width else Attachment.Kind.TEXT,
        media_type=file.media_type,
        size=len(file.content),
        width=file.width,
        height=file.height,
        stored_as=stored_as,
    )


def _refuse_too_many(session: AISession, files: Sequence[Prepared]) -> None:
    if not files:
        raise Incomplete("uploads", _("Choose a file."))
    if len(files) > AT_ONCE:
        raise Incomplete("uploads", _("At most %(count)d files at once.") % {"count": AT_ONCE})
    if session.attachments.count() + len(files) > IN_A_SESSION:
        raise Incomplete("uploads", _("A session has at most %(count)d files.") % {"count": IN_A_SESSION})
    # The account's row is held, so that two uploads at once do not both fit into what is left.
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=session.account_id)
    used = Attachment.objects.for_account(session.account_id).aggregate(bytes=Sum("size"))["bytes"] or 0
    if used + sum(len(file.content) for file in files) > settings.UPLOAD_QUOTA_BYTES:
        megabytes = settings.UPLOAD_QUOTA_BYTES // 2**20
        said = _("The account's files fill their %(megabytes)d MB. Remove some, or ask your administrator.")
        raise Incomplete("uploads", said % {"megabytes": megabytes})
