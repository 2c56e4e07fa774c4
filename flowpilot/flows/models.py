"""The library: flows, their immutable versions, the draft in work and what use teaches about them."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from flowpilot.accounts.models import Client, Team
from flowpilot.core.models import TenantModel, TenantQuerySet
from flowpilot.core.retrieval.models import (
    SearchDocument,
    SearchPosting,
    crowd_index,
    nearest_index,
    posting_indexes,
)
from flowpilot.core.statistics import Share, wilson
from flowpilot.flows.document import Tree, parse, unchecked

FLOW_SEARCH = SearchVector("title", "summary", config="english")
"""What the library's search box looks in; an index holds exactly this expression,
and the function `flows_found` of the database searches by it."""


class FlowQuerySet(TenantQuerySet):
    def published(self) -> Self:
        return self.filter(status=Flow.Status.PUBLISHED)

    def with_people(self) -> Self:
        """Everything that a list or page of flows shows beside the flow itself."""
        return self.select_related("team", "client", "owner", "current_version")

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")


class Flow(TenantModel):
    """A troubleshooting decision tree under a lasting name; its content is in its versions."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")
        RETIRED = "retired", _("Retired")

    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("slug"), max_length=80)
    summary = models.TextField(_("summary"), blank=True)
    domain = models.CharField(_("domain"), max_length=100, null=True, blank=True)  # noqa: DJ001 none is known
    team = models.ForeignKey(Team, models.SET_NULL, null=True, blank=True, related_name="+")
    client = models.ForeignKey(Client, models.SET_NULL, null=True, blank=True, related_name="+")
    forked_from = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="forks")
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    # Versions go only together with their flow, so cascading back to it removes nothing more; setting null
    # would break the rule that a published flow has a version on the way.
    current_version = models.ForeignKey(
        "FlowVersion", models.CASCADE, null=True, blank=True, related_name="+"
    )
    review_due_at = models.DateTimeField(_("review due"), null=True, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    """Ended sessions that followed it. It and what follows are counted by the sessions above."""
    resolved = models.PositiveIntegerField(_("resolved"), default=0, editable=False)
    escalated = models.PositiveIntegerField(_("escalated"), default=0, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    decaying = models.BooleanField(_("decaying"), default=False, editable=False)
    """Whether fewer of its sessions are resolved for good than before; the room that finds gaps writes it."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = FlowQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["account", "slug"], name="flow_slug_unique_in_account"),
            models.CheckConstraint(
                name="flow_status_known", condition=models.Q(status__in=["draft", "published", "retired"])
            ),
            models.CheckConstraint(
                name="published_flow_has_version",
                condition=~models.Q(status="published") | models.Q(current_version__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at", "-id"], name="flow_newest"),
            models.Index(fields=["account", "status", "-created_at", "-id"], name="flow_status_newest"),
            models.Index(fields=["account", "domain", "-created_at", "-id"], name="flow_domain_newest"),
            models.Index(fields=["account", "-uses", "-id"], name="flow_most_used"),
            models.Index(fields=["account", "title", "id"], name="flow_by_title"),
            models.Index(
                "account",
                models.F("last_used_at").desc(nulls_last=True),
                models.F("id").desc(),
                name="flow_last_used",
            ),
            models.Index(fields=["account", "review_due_at", "id"], name="flow_review_due"),
            models.Index(fields=["account", "id"], condition=models.Q(decaying=True), name="flow_decaying"),
            GinIndex(FLOW_SEARCH, name="flow_search"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def share(self) -> Share:
        """How many of the sessions that followed it ended resolved."""
        return wilson(self.resolved, self.uses)

    @property
    def review_is_due(self) -> bool:
        return self.review_due_at is not None and self.review_due_at <= timezone.now()

    @property
    def is_verified(self) -> bool:
        return self.verified_at is not None and not self.review_is_due


class VersionSource(models.TextChoices):
    """Where what a version says came from."""

    EDIT = "edit", _("Edited")
    PROPOSAL = "proposal", _("From a proposal")
    IMPORT = "import", _("From a file")
    STARTER = "starter", _("From the starter library")
    FORK = "fork", _("Variant")
    REBASE = "rebase", _("In step with its origin")
    RESTORE = "restore", _("Restored")


class FlowVersion(TenantModel):
    """One published state of a flow. Immutable: a trigger in the database refuses changes too."""

    flow = models.ForeignKey(Flow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    tree_structure = models.JSONField(_("tree"))
    grounding = models.JSONField(_("grounding"), default=dict, blank=True)
    note = models.TextField(_("note"), blank=True)
    texts = models.JSONField(_("title, summary and domain"), default=dict, blank=True)
    """What the flow said of itself when it was published, by field; empty where that was not kept yet."""
    source = models.CharField(
        _("source"), max_length=10, choices=VersionSource, default=VersionSource.EDIT, blank=True
    )
    """Empty where it was not kept yet, and nothing else tells."""
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    published_at = models.DateTimeField(_("published"))

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["flow", "number"], name="version_number_unique_in_flow"),
            models.CheckConstraint(name="version_number_positive", condition=models.Q(number__gte=1)),
            models.CheckConstraint(
                name="version_source_known", condition=models.Q(source__in=["", *VersionSource.values])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow} v{self.number}"

    @property
    def tree(self) -> Tree:
        return parse(self.tree_structure)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How often the sessions behind it took each node and option; which ones they are stays inside."""
        counted: dict[str, dict[str, int]] = self.grounding.get("counts", {})
        return counted


class FlowDraft(TenantModel):
    """Unpublished work on a flow: at most one, may be incomplete."""

    flow = models.OneToOneField(Flow, models.CASCADE, related_name="draft")
    title = models.CharField(_("title"), max_length=200, blank=True, default="")
    summary = models.TextField(_("summary"), blank=True, default="")
    domain = models.CharField(_("domain"), max_length=100, blank=True, default="")
    tree = models.JSONField(_("tree"))
    former = models.JSONField(_("before the last press of a button"), null=True, blank=True)
    origin = models.JSONField(_("state of the origin"), null=True, blank=True)
    """{"version", "tree", "texts", "note"} of the origin that it was rebased on; null where it was not."""
    source = models.CharField(_("source"), max_length=10, choices=VersionSource, default=VersionSource.EDIT)
    """What it began with, however much was edited since."""
    base_version = models.ForeignKey(FlowVersion, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    lock_version = models.PositiveIntegerField(_("lock version"), default=1)
    pen = models.CharField(_("editor that saved last"), max_length=32, blank=True, default="")
    pen_since = models.PositiveIntegerField(_("state on which that editor began"), default=0)

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="draft_source_known", condition=models.Q(source__in=VersionSource.values)
            ),
        ]

    def __str__(self) -> str:
        return f"Draft of {self.flow}"

    @property
    def work(self) -> Tree:
        """The tree as it is, valid or not."""
        return unchecked(self.tree)


class FlowOrigin(TenantModel):
    """Where a flow came from, and what that said when the flow was last in step with it: the base on which
    both can be merged."""

    class Kind(models.TextChoices):
        FORK = "fork", _("Variant of another flow")
        STARTER = "starter", _("Starter library")

    flow = models.OneToOneField(Flow, models.CASCADE, related_name="origin")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    key = models.CharField(_("key"), max_length=100, blank=True)
    """Of a starter: its name in the starter library. A fork's origin is `flow.forked_from`."""
    version = models.PositiveIntegerField(_("version"))
    tree = models.JSONField(_("tree"))
    texts = models.JSONField(_("title, summary and domain"), default=dict, blank=True)
    """Of a starter, by field; empty where they were not kept yet, and of a fork, which has its own."""

    class Meta:
        verbose_name = _("origin of a flow")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="origin_kind_known", condition=models.Q(kind__in=["fork", "starter"])
            ),
            models.UniqueConstraint(
                fields=["account", "key"], condition=~models.Q(key=""), name="starter_once_in_account"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.key or self.flow}"


class FlowStat(TenantModel):
    """What happened at one node or option of a version; counted by the sessions above, never here."""

    version = models.ForeignKey(FlowVersion, models.CASCADE, related_name="stats")
    node = models.CharField(_("node"), max_length=40)
    option = models.CharField(_("option"), max_length=40, blank=True)
    shown = models.PositiveIntegerField(_("shown"), default=0)
    chosen = models.PositiveIntegerField(_("chosen"), default=0)
    resolved = models.PositiveIntegerField(_("resolved"), default=0)
    escalated = models.PositiveIntegerField(_("escalated"), default=0)
    seconds = models.PositiveBigIntegerField(_("seconds"), default=0)

    class Meta:
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(
                fields=["version", "node", "option"], name="one_stat_per_version_node_option"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.node}/{self.option}"


class FlowDocument(SearchDocument):
    """A published flow as matching finds it; retired flows and drafts have none."""

    flow = models.OneToOneField(Flow, models.CASCADE, related_name="+")

    class Meta(SearchDocument.Meta):
        abstract = False
        verbose_name = _("indexed flow")
        constraints = [*TenantModel.Meta.constraints]
        indexes = [nearest_index("flow_document_nearest"), crowd_index("flow_document_crowd")]

    def __str__(self) -> str:
        return str(self.flow)


class FlowPosting(SearchPosting):
    """That a flow has a lexeme."""

    document = models.ForeignKey(FlowDocument, models.CASCADE, related_name="+", db_index=False)

    class Meta(SearchPosting.Meta):
        abstract = False
        indexes = posting_indexes("flow_posting_by_lexeme")

    def __str__(self) -> str:
        return self.lexeme


class MatchingCalibration(TenantModel):
    """Coefficients fitted to what an account's engineers said of its matches. Former ones are kept."""

    class Engine(models.TextChoices):
        FUSED = "fused", _("Words and meaning")
        BM25 = "bm25", _("Words")

    engine = models.CharField(_("engine"), max_length=10, choices=Engine)
    coefficients = models.JSONField(_("coefficients"))
    outcomes = models.PositiveIntegerField(_("outcomes"))
    before = models.JSONField(_("before"))
    """How good the former coefficients were on outcomes that neither had seen."""
    after = models.JSONField(_("after"))
    in_force = models.BooleanField(_("in force"), default=True)

    class Meta:
        verbose_name = _("calibration of matching")
        constraints = [
            *TenantModel.Meta.constraints,
            models.CheckConstraint(
                name="calibration_engine_is_known", condition=models.Q(engine__in=["fused", "bm25"])
            ),
            models.UniqueConstraint(
                fields=["account", "engine"],
                condition=models.Q(in_force=True),
                name="one_calibration_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_engine_display()}, {self.created_at:%Y-%m-%d}"


class FlowFavourite(TenantModel):
    """A flow that somebody wants at hand."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    flow = models.ForeignKey(Flow, models.CASCADE, related_name="favourites")

    class Meta:
        verbose_name = _("favourite flow")
        constraints = [
            *TenantModel.Meta.constraints,
            models.UniqueConstraint(fields=["user", "flow"], name="favourite_once_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.flow}"
