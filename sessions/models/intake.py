"""The intake that an engineer has in work: it outlives a closed tab, an ended sign-in and a refused form."""

from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team
from flowpilot.core.models import TenantModel, TenantQuerySet, Viewer
from sessions.models.attachment import KeptFile
from sessions.models.session import AISession


class IntakeDraftQuerySet(TenantQuerySet):
    def visible_to(self, user: Viewer) -> Self:
        """Nobody reads what another one is typing."""
        return self.for_account(user.account_id).filter(user=user)


class IntakeDraft(TenantModel):
    """One a person, of the tab that wrote first. Its texts are kept masked; client and team stay for the next
    intake."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="intake_draft", verbose_name=_("engineer")
    )
    text = models.TextField(_("problem"), blank=True)
    log = models.TextField(_("log"), blank=True)
    ticket = models.CharField(_("ticket"), max_length=200, blank=True)
    client = models.ForeignKey(Client, models.SET_NULL, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    pen = models.UUIDField(_("form that wrote it"), null=True, blank=True, editable=False)
    """The key of that form: what stands in one tab is not written over from another."""
    spent_key = models.UUIDField(_("form last sent"), null=True, blank=True, editable=False)
    opened = models.ForeignKey(AISession, models.SET_NULL, null=True, blank=True, related_name="+")
    """What the form with that key has opened: sent twice, it opens one session."""

    objects = IntakeDraftQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("intake in work")
        verbose_name_plural = _("intakes in work")
        constraints = [*TenantModel.Meta.constraints]

    def __str__(self) -> str:
        return str(self.user)

    @property
    def is_in_work(self) -> bool:
        return bool(self.text or self.log or self.ticket) or self.files.exists()


class IntakeFileQuerySet(TenantQuerySet):
    def visible_to(self, user: Viewer) -> Self:
        return self.for_account(user.account_id).filter(draft__user=user)


class IntakeFile(KeptFile):
    """A file that came with an intake and waits for its session."""

    draft = models.ForeignKey(IntakeDraft, models.CASCADE, related_name="files")

    objects = IntakeFileQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("file of an intake")
        verbose_name_plural = _("files of intakes")
        ordering = ("created_at", "id")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="intake_file_kind_known", condition=models.Q(kind__in=["image", "text"])
            ),
        ]
