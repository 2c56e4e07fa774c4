"""Verbs of a session's files."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from flowpilot.accounts.models import Account, User
from flowpilot.core.uploads import store
from flowpilot.core.uploads.intake import Prepared
from sessions.actions.writing import lock, log, save
from sessions.models import AISession, AISessionStep, Attachment, IntakeFile, KeptFile
from sessions.rules import Incomplete, refuse_unless, refuse_unless_holder

AT_ONCE = 5
IN_A_SESSION = 20


@transaction.atomic
def attach(
    session: AISession, *, files: Sequence[Prepared], step: AISessionStep | None = None, by: User
) -> list[Attachment]:
    """Add files: all of them or none. `step`: the one that they are evidence for; of those without, the
    intake names the images."""
    locked = lock(session)
    refuse_unless(locked, "attach", AISession.OPEN)
    refuse_unless_holder(locked, by)
    _refuse_too_many(locked, files)
    added = [_row(locked, by, step=step, **columns_of(locked.account_id, file)) for file in files]
    images = [str(each.pk) for each in added if each.is_image]
    if images and step is None:
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


def adopt(session: AISession, files: Sequence[IntakeFile], *, by: User) -> list[Attachment]:
    """Make the files of an intake those of its session, which nobody else sees yet; contents stay where they
    are."""
    adopted = [_row(session, by, **_columns(file)) for file in files]
    IntakeFile.objects.filter(pk__in=[file.pk for file in files]).delete()
    if images := [str(each.pk) for each in adopted if each.is_image]:
        session.intake_content["image_urls"] = images
        session.save(update_fields=["intake_content", "updated_at"])
    if adopted:
        log(session, "attach", session.status, reason=", ".join(each.name for each in adopted), by=by)
    return adopted


def holds(kept: Iterable[KeptFile], files: Sequence[Prepared]) -> bool:
    """Whether all these files are among those that are kept, content and all: pasted ones share a name."""
    rows = list(kept) if files else []
    return all(any(_is(each, file) for each in rows) for file in files)


def _is(kept: KeptFile, file: Prepared) -> bool:
    if (kept.name, kept.size) != (file.name, len(file.content)):
        return False
    with suppress(store.NotThere):
        return store.read(kept.account_id, kept.stored_as) == file.content
    return False


def columns_of(account_id: UUID, file: Prepared) -> dict[str, Any]:
    """The columns of a `KeptFile` for a content that is written now."""
    return {
        "account_id": account_id,
        "name": file.name,
        "kind": KeptFile.Kind.IMAGE if file.width else KeptFile.Kind.TEXT,
        "media_type": file.media_type,
        "size": len(file.content),
        "width": file.width,
        "height": file.height,
        "stored_as": store.keep(account_id, file.content),
    }


def refuse_without_room(account_id: UUID, files: Sequence[Prepared]) -> None:
    """Within a transaction: the account's row stays locked, so that two uploads at once do not both fit into
    what is left."""
    Account.objects.select_for_update(of=("self",), no_key=True).get(pk=account_id)
    if _used(account_id) + sum(len(file.content) for file in files) > settings.UPLOAD_QUOTA_BYTES:
        megabytes = settings.UPLOAD_QUOTA_BYTES // 2**20
        said = _("The account's files fill their %(megabytes)d MB. Remove some, or ask your administrator.")
        raise Incomplete("uploads", said % {"megabytes": megabytes})


def _used(account_id: UUID) -> int:
    kinds: tuple[type[KeptFile], ...] = (Attachment, IntakeFile)
    sums = (kind.objects.for_account(account_id).aggregate(bytes=Sum("size"))["bytes"] for kind in kinds)
    return sum(each or 0 for each in sums)


def _columns(file: KeptFile) -> dict[str, Any]:
    return {field.attname: getattr(file, field.attname) for field in KeptFile._meta.local_fields}


def _row(session: AISession, by: User, **columns: Any) -> Attachment:
    attachment: Attachment = Attachment.objects.create(session=session, uploaded_by=by, **columns)
    return attachment


def _refuse_too_many(session: AISession, files: Sequence[Prepared]) -> None:
    if not files:
        raise Incomplete("uploads", _("Choose a file."))
    if len(files) > AT_ONCE:
        raise Incomplete("uploads", _("At most %(count)d files at once.") % {"count": AT_ONCE})
    if session.attachments.count() + len(files) > IN_A_SESSION:
        raise Incomplete("uploads", _("A session has at most %(count)d files.") % {"count": IN_A_SESSION})
    refuse_without_room(session.account_id, files)
