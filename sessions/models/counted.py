from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel
from flowpilot.flows.models import Flow, FlowVersion
from sessions.models.session import AISession


class FlowCount(TenantModel):
    """What an ended session adds to the statistics of a flow that it followed: what counting it again, or
    taking it back when it is reopened, has to undo first."""

    session = models.ForeignKey(AISession, models.CASCADE, related_name="+", db_index=False)
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(FlowVersion, models.CASCADE, related_name="+", db_index=False)
    parts = models.JSONField(_("parts"), default=dict)
    """By node ("n3") and option ("n3/o1"): [shown, chosen, resolved, escalated, seconds]."""
    resolved = models.BooleanField(_("resolved"))
    escalated = models.BooleanField(_("escalated"))
    ended_at = models.DateTimeField(_("ended"))

    class Meta:
        verbose_name = _("count of a session")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["session", "flow"], name="one_count_per_session_and_flow"),
        ]
        indexes = [
            models.Index(fields=["account", "flow", "-ended_at", "-id"], name="flow_count_newest"),
            models.Index(fields=["version"], name="flow_count_version"),
        ]

    def __str__(self) -> str:
        return f"{self.version}: {self.session}"
