"""What happened in an account."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models.account import Account
from flowpilot.accounts.models.people import User
from flowpilot.core.models import TenantModel


class AuditEvent(TenantModel):
    """Who did what to which thing, written once: the database refuses to change or delete it.

    People and things are kept by key and by the name that they had then, so an entry outlives them.
    """

    class Verb(models.TextChoices):
        SIGNED_IN = "signed_in", _("Signed in")
        SIGN_IN_FAILED = "sign_in_failed", _("Sign-in failed")
        SIGNED_OUT = "signed_out", _("Signed out")
        PASSWORD_CHANGED = "password_changed", _("Password changed")  # noqa: S105 a label
        FACTOR_ADDED = "factor_added", _("Second factor added")
        FACTOR_REMOVED = "factor_removed", _("Second factor removed")
        CODES_MADE = "codes_made", _("Recovery codes made")
        CODE_USED = "code_used", _("Recovery code used")
        LOGINS_ENDED = "logins_ended", _("Signed out elsewhere")
        INVITED = "invited", _("Invited")
        INVITATION_SENT_AGAIN = "invitation_sent_again", _("Invitation sent again")
        INVITATION_REVOKED = "invitation_revoked", _("Invitation revoked")
        INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
        ROLE_CHANGED = "role_changed", _("Role changed")
        DEACTIVATED = "deactivated", _("Login switched off")
        REACTIVATED = "reactivated", _("Login switched on")
        ARCHIVED = "archived", _("Archived")
        RESTORED = "restored", _("Taken back from the archive")
        CREATED = "created", _("Created")
        CHANGED = "changed", _("Changed")
        DELETED = "deleted", _("Deleted")
        PROPOSAL_APPROVED = "proposal_approved", _("Proposal approved")
        PROPOSAL_EDITED = "proposal_edited", _("Proposal edited and published")
        PROPOSAL_DISMISSED = "proposal_dismissed", _("Proposal dismissed")
        PROPOSAL_REJECTED = "proposal_rejected", _("Proposal rejected")
        PROPOSAL_REOPENED = "proposal_reopened", _("Proposal reopened")
        PROPOSAL_UNDONE = "proposal_undone", _("Decision undone")
        PROPOSAL_SPLIT = "proposal_split", _("Session split off from a proposal")
        FLOW_PUBLISHED = "flow_published", _("Flow version published")
        FLOW_RETIRED = "flow_retired", _("Flow retired")
        GAP_ACKNOWLEDGED = "gap_acknowledged", _("Knowledge gap acknowledged")
        GAP_RESOLVED = "gap_resolved", _("Knowledge gap resolved")
        GAP_DISMISSED = "gap_dismissed", _("Knowledge gap dismissed")
        GAP_REOPENED = "gap_reopened", _("Knowledge gap reopened")
        GAP_CLOSED = "gap_closed", _("Knowledge gap closed by itself")
        HISTORY_IMPORTED = "history_imported", _("Tickets imported")
        EXPORTED = "exported", _("Exported")
        SUPPORT_ENTERED = "support_entered", _("Superuser entered the account")
        SUPPORT_LEFT = "support_left", _("Superuser left the account")

    app_role_may = ("SELECT", "INSERT")
    # The database itself removes the entries with their account; nothing else may.
    account = models.ForeignKey(
        Account, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    verb = models.CharField(_("what"), max_length=30, choices=Verb)
    actor = models.ForeignKey(
        User,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("who"),
    )
    actor_name = models.CharField(_("name of who"), max_length=320, blank=True)
    subject_type = models.CharField(_("kind of thing"), max_length=60, blank=True)
    subject_id = models.UUIDField(_("key of the thing"), null=True, blank=True)
    subject_name = models.CharField(_("thing"), max_length=300, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True)
    """Field name → [before, after], both as text."""
    note = models.TextField(_("note"), blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("audit event")
        constraints = TenantModel.Meta.constraints
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="audit_newest"),
            models.Index(fields=["account", "verb", "-created_at", "-id"], name="audit_verb_newest"),
            models.Index(fields=["account", "actor", "-created_at", "-id"], name="audit_actor_newest"),
            models.Index(
                fields=["account", "subject_type", "subject_id", "-created_at"], name="audit_subject_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.subject_name or self.actor_name}"

    @property
    def page(self) -> str:
        """The name of the address that shows the thing by its key; empty for things without a page."""
        pages = {
            "flows.flow": "flows:detail",
            "proposals.flowproposal": "proposals:detail",
            "ai_sessions.aisession": "sessions:detail",
        }
        return pages.get(self.subject_type, "") if self.subject_id else ""
