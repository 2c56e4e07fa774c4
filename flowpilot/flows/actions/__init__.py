"""Verbs of the library. The only place that writes flows, versions and drafts."""

from flowpilot.flows.actions.decaying import mark_decaying
from flowpilot.flows.actions.details import Details, change_details, details_state, verify
from flowpilot.flows.actions.drafts import (
    DraftConflict,
    NothingToPublish,
    Seen,
    Texts,
    discard_draft,
    publish_draft,
    save_draft,
    start_flow,
)
from flowpilot.flows.actions.forking import NothingToFork, fork
from flowpilot.flows.actions.publishing import (
    CannotRestore,
    CannotRetire,
    VersionConflict,
    create_flow,
    describe,
    free_slug,
    publish_version,
    restore,
    restore_version,
    retire,
)

__all__ = [
    "CannotRestore",
    "CannotRetire",
    "Details",
    "DraftConflict",
    "NothingToFork",
    "NothingToPublish",
    "Seen",
    "Texts",
    "VersionConflict",
    "change_details",
    "create_flow",
    "describe",
    "details_state",
    "discard_draft",
    "fork",
    "free_slug",
    "mark_decaying",
    "publish_draft",
    "publish_version",
    "restore",
    "restore_version",
    "retire",
    "save_draft",
    "start_flow",
    "verify",
]
