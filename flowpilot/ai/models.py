"""What asking a model costs: each attempt, its sums by day and job, and the batches that are under way."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from flowpilot.core.models import TenantModel

USD: dict[str, Any] = {"max_digits": 14, "decimal_places": 8}
"""US dollars with eight decimals: one token read from a cache costs 0.00000001."""


class Job(models.TextChoices):
    TRIAGE = "triage", _("Triage")
    GUIDE = "guide", _("Guidance")
    SCRIPT = "script", _("Scripts")
    ANALYSE = "analyse", _("Analysis")
    ESCALATE = "escalate", _("Escalation")


JOB_KNOWN = models.Q(job__in=["triage", "guide", "script", "analyse", "escalate"])


class AIBatch(TenantModel):
    """Requests that the vendor works off within a day."""

    class State(models.TextChoices):
        PREPARED = "prepared", _("Prepared")
        SUBMITTED = "submitted", _("Submitted")
        COLLECTED = "collected", _("Collected")
        FAILED = "failed", _("Failed")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PREPARED)
    vendor_id = models.CharField(_("id at the vendor"), max_length=100, blank=True)
    request_id = models.CharField(_("request"), max_length=100, blank=True)
    """The vendor's id of the call that submitted it, or was to."""
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires"))
    """Until then the vendor may still answer; afterwards nothing of it comes back."""
    collected_at = models.DateTimeField(_("collected"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="ai_batch_state_known",
                condition=models.Q(state__in=["prepared", "submitted", "collected", "failed"]),
            ),
            models.UniqueConstraint(
                fields=["account", "vendor_id"],
                condition=~models.Q(vendor_id=""),
                name="ai_batch_once_at_the_vendor",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account", "created_at"],
                condition=models.Q(state__in=["prepared", "submitted"]),
                name="ai_batch_under_way",
            )
        ]

    def __str__(self) -> str:
        return self.vendor_id or str(self.pk)


class AICall(TenantModel):
    """One attempt to have a model answer, written before it is made and settled after; or, with the engine
    `offline`, one answer that the rules gave in the place of a model."""

    class Engine(models.TextChoices):
        ANTHROPIC = "anthropic", _("Claude")
        OFFLINE = "offline", _("Rules")

    job = models.CharField(_("job"), max_length=10, choices=Job)
    session_id = models.UUIDField(_("session"), null=True, blank=True)
    batch = models.ForeignKey(AIBatch, models.CASCADE, null=True, blank=True, related_name="calls")
    engine = models.CharField(_("engine"), max_length=10, choices=Engine, default=Engine.ANTHROPIC)
    model = models.CharField(_("model"), max_length=100, blank=True)
    prompt_version = models.CharField(_("prompt"), max_length=20, blank=True)
    day = models.DateField(_("day"))
    """In the account's time zone; the day that it is charged to."""
    reserved_usd = models.DecimalField(_("reserved (USD)"), **USD, default=0)
    input_tokens = models.PositiveIntegerField(_("input tokens"), default=0)
    cache_read_tokens = models.PositiveIntegerField(_("read from the cache"), default=0)
    cache_write_tokens = models.PositiveIntegerField(_("written to the cache"), default=0)
    cache_write_1h_tokens = models.PositiveIntegerField(
        _("written for an hour"),
        default=0,
        help_text=_("Of those written to the cache; the others last five minutes."),
    )
    output_tokens = models.PositiveIntegerField(_("output tokens"), default=0)
    cost_usd = models.DecimalField(_("cost (USD)"), **USD, null=True, blank=True)
    price_date = models.DateField(_("prices of"), null=True, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), null=True, blank=True)
    stop_reason = models.CharField(_("stop reason"), max_length=40, blank=True)
    request_id = models.CharField(_("request"), max_length=100, blank=True)
    error_class = models.CharField(_("error"), max_length=40, blank=True)
    """Why there is no usable answer, one word; empty when there is one."""
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    class Meta:
        verbose_name = _("AI call")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(name="ai_call_job_known", condition=JOB_KNOWN),
            models.CheckConstraint(
                name="ai_call_engine_known", condition=models.Q(engine__in=["anthropic", "offline"])
            ),
            models.CheckConstraint(
                name="ai_call_settled_has_cost",
                condition=models.Q(settled_at__isnull=True) | models.Q(cost_usd__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="ai_call_newest"),
            models.Index(
                fields=["account", "session_id"],
                condition=models.Q(session_id__isnull=False),
                name="ai_call_by_session",
            ),
            models.Index(
                fields=["account", "created_at"],
                condition=models.Q(settled_at__isnull=True),
                name="ai_call_unsettled",
            ),
            models.Index(
                fields=["account", "settled_at"],
                condition=models.Q(session_id__isnull=False),
                name="ai_call_settled",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job} · {self.model or self.engine}"


class AIUse(TenantModel):
    """The sums of an account's calls of one job on one day: what budgets are compared with."""

    day = models.DateField(_("day"))
    job = models.CharField(_("job"), max_length=10, choices=Job)
    calls = models.PositiveIntegerField(_("calls"), default=0)
    failures = models.PositiveIntegerField(_("failed"), default=0)
    fallbacks = models.PositiveIntegerField(_("answered by rules instead"), default=0)
    input_tokens = models.PositiveBigIntegerField(_("input tokens"), default=0)
    cache_read_tokens = models.PositiveBigIntegerField(_("read from the cache"), default=0)
    cache_write_tokens = models.PositiveBigIntegerField(_("written to the cache"), default=0)
    output_tokens = models.PositiveBigIntegerField(_("output tokens"), default=0)
    cost_usd = models.DecimalField(_("cost (USD)"), **USD, default=0)
    reserved_usd = models.DecimalField(_("reserved (USD)"), **USD, default=0)
    """For calls under way."""

    class Meta:
        verbose_name = _("AI use")
        verbose_name_plural = _("AI use")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(name="ai_use_job_known", condition=JOB_KNOWN),
            models.UniqueConstraint(fields=["account", "day", "job"], name="ai_use_once_a_day_and_job"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.job}"


class AIQuestion(TenantModel):
    """A question that may wait for its answer: it is sent in a batch and read when that has ended."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Not to be sent yet")
        WAITING = "waiting", _("Waiting for a batch")
        SENT = "sent", _("In a batch")
        ANSWERED = "answered", _("Answered")
        FAILED = "failed", _("Without an answer")

    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    batch = models.ForeignKey(AIBatch, models.SET_NULL, null=True, blank=True, related_name="questions")
    call = models.OneToOneField(AICall, models.CASCADE, related_name="question")
    """The present attempt."""
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=1)
    body = models.JSONField(_("request"))
    """As it is sent, masked."""
    key = models.CharField(_("key"), max_length=64)
    """Hash of the body: the answer fits only the same question."""
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("question in a batch")
        verbose_name_plural = _("questions in batches")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="ai_question_state_known",
                condition=models.Q(state__in=["draft", "waiting", "sent", "answered", "failed"]),
            ),
        ]
        indexes = [models.Index(fields=["account", "state", "created_at"], name="ai_question_by_state")]

    def __str__(self) -> str:
        return f"{self.state} · {self.pk}"
