"""The timetable: name → dotted function → minutes between runs. Data only; `sync_schedules` applies it."""

SCHEDULES: dict[str, tuple[str, int]] = {
    "analyse sessions": ("proposals.jobs.analyse_pending", 1),
    "look after AI calls": ("flowpilot.ai.jobs.look_after_calls", 5),
    "expire proposals": ("proposals.jobs.expire_proposals", 60),
    "look into changed tickets": ("sessions.ticketing.jobs.take_all", 1),
    "forget webhooks": ("flowpilot.psa.jobs.sweep_webhooks", 60),
    "write into tickets": ("flowpilot.psa.jobs.deliver_all", 1),
    "index the library": ("flowpilot.flows.jobs.index_library", 1),
    "index resolved sessions": ("sessions.jobs.index_history", 5),
    "count days": ("analytics.jobs.count_days", 2),
    "find knowledge gaps": ("analytics.jobs.find_gaps", 60),
    "abandon idle sessions": ("sessions.jobs.abandon_idle", 60),
    "count tokens": ("sessions.jobs.count_tokens", 5),
    "sweep uploads": ("sessions.jobs.sweep_uploads", 60),
}

ON_WEBHOOK = "sessions.ticketing.jobs.take_account"
"""What is done at once, with the account's key, when a ticket system says that a ticket has changed."""
