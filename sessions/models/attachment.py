"""Files that an engineer added to a session: screenshots and logs."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from sessions.models.session import AISession
from sessions.models.step import AISessionStep


class KeptFile(TenantModel):
    """A file that somebody sent. Its content lies outside of the database and of what the web server shows,
    under a name that nobody can guess (`core.uploads.store`)."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("Image")
        TEXT = "text", _("Text")

    name = models.CharField(_("file name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    media_type = models.CharField(_("media type"), max_length=40)
    """Of what is kept, not what the sender said."""
    size = models.PositiveIntegerField(_("bytes"))
    width = models.PositiveIntegerField(_("width in pixels"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True, blank=True)
    stored_as = models.CharField(_("stored as"), max_length=40, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.kind == self.Kind.IMAGE


class Attachment(KeptFile):
    """A file of a session."""

    session = models.ForeignKey(AISession, models.CASCADE, related_name="attachments")
    step = models.ForeignKey(
        AISessionStep, models.SET_NULL, null=True, blank=True, related_name="evidence", verbose_name=_("step")
    )
    """What it is evidence for; None: it came with the intake, or was added beside the thread."""
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("attachment")
        ordering = ("created_at", "id")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="attachment_kind_known", condition=models.Q(kind__in=["image", "text"])
            ),
        ]
        indexes = [models.Index(fields=["session", "created_at", "id"], name="attachment_by_session")]
