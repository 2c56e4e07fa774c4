"""What a session consists of: its steps, and the changes of its state."""

from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from sessions.models.session import AISession


class AISessionStep(TenantModel):
    """One step. Insert-only; the answer's fields are set once, in the database too."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("Question")
        ACTION = "action", _("Action")
        CHECK = "check", _("Check")
        SCRIPT = "script", _("Script")
        NOTE = "note", _("Note")

    class Source(models.TextChoices):
        FLOW = "flow", _("Flow")
        AI = "ai", _("Claude")
        OFFLINE = "offline", _("Rules")
        ENGINEER = "engineer", _("Engineer")

    class Outcome(models.TextChoices):
        WORKED = "worked", _("Worked")
        DID_NOT_WORK = "did_not_work", _("Did not work")
        UNCLEAR = "unclear", _("Unclear")
        SKIPPED = "skipped", _("Skipped")

    session = models.ForeignKey(AISession, models.CASCADE, related_name="steps")
    step_order = models.PositiveIntegerField(_("order"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    node_id = models.CharField(_("node"), max_length=40, blank=True)
    of_version = models.UUIDField(_("flow version"), null=True, blank=True, editable=False)
    """Of a flow's step: the version that it is a node of, so that those of a flow that was followed before
    are told apart. A plain value: the row is written once, and a version may go."""
    title = models.CharField(_("title"), max_length=300)
    body = models.TextField(_("body"), blank=True)
    options = models.JSONField(_("options"), default=list, blank=True)
    """[{"id": "o1", "label": "Yes"}, …] as offered."""
    chosen_option = models.CharField(_("chosen option"), max_length=40, blank=True)
    response = models.TextField(_("response"), blank=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=Outcome, blank=True)
    confidence_after = models.FloatField(_("confidence after"), null=True, blank=True)
    tokens = models.PositiveIntegerField(_("tokens"), default=0)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    """Who held the session then. Nothing looks for it: no index."""
    superseded_at = models.DateTimeField(_("superseded"), null=True, blank=True)

    class Meta:
        verbose_name = _("step")
        ordering = ("step_order",)
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["session", "step_order"], name="step_order_unique_in_session"),
            models.CheckConstraint(
                name="step_kind_known",
                condition=models.Q(kind__in=["question", "action", "check", "script", "note"]),
            ),
            models.CheckConstraint(
                name="step_source_known",
                condition=models.Q(source__in=["flow", "ai", "offline", "engineer"]),
            ),
            models.CheckConstraint(
                name="step_outcome_known",
                condition=models.Q(outcome__in=["", "worked", "did_not_work", "unclear", "skipped"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step_order}. {self.title}"

    @property
    def chosen_label(self) -> str | None:
        """What the chosen option says, as it was offered."""
        return label_of(self.options, self.chosen_option)


def label_of(options: Sequence[Mapping[str, str]], chosen: str) -> str | None:
    """What the option with that id says."""
    return next((option["label"] for option in options if option["id"] == chosen), None)


class SessionEvent(TenantModel):
    """A change of state, or of hands: who, when, why. Insert-only."""

    session = models.ForeignKey(AISession, models.CASCADE, related_name="events")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verb = models.CharField(_("verb"), max_length=40)
    from_status = models.CharField(_("from"), max_length=24, blank=True)
    to_status = models.CharField(_("to"), max_length=24)
    from_tier = models.CharField(_("from tier"), max_length=20, blank=True)
    to_tier = models.CharField(_("to tier"), max_length=20, blank=True)
    """Where the confidence moved into another tier with it; else empty."""
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("session event")
        ordering = ("created_at", "id")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [models.Index(fields=["session", "created_at", "id"], name="event_by_session")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.verb}"
