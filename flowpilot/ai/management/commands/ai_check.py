"""One tiny real call for each job: whether key, models, forms and caching work, and what they cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from flowpilot.accounts.models import Account
from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.contracts import (
    AnalyseRequest,
    EngineError,
    EscalateRequest,
    GuideRequest,
    OpenSession,
    ScriptRequest,
    SessionFacts,
    Spoken,
    TriageRequest,
)
from flowpilot.ai.ledger import BudgetUsedUp
from flowpilot.ai.streaming import last_step
from flowpilot.flows.domains import DOMAINS

TEXT = (
    "One user's printer shows 'toner empty' since this morning. Error 10.0001. Switching it off did not help."
)


@dataclass(frozen=True)
class Trial:
    job: str
    call: Callable[[AnthropicEngine], Spoken]


def trials() -> list[Trial]:
    """One question for each job, the same for everybody and about nobody."""
    session = OpenSession(id=uuid4(), title="Toner empty", text=TEXT, domain="printing")
    ended = SessionFacts(
        id=uuid4(),
        title="Toner empty",
        text=TEXT,
        resolution="Replaced the toner.",
        resolution_action="New toner",
    )
    triage = TriageRequest(text=TEXT, domains=tuple(domain.key for domain in DOMAINS))
    purpose = "Show whether the print spooler runs"
    script = ScriptRequest(purpose=purpose, shell="powershell")  # noqa: S604 a name, nothing runs
    return [
        Trial("triage", lambda engine: engine.triage(triage)),
        Trial("guide", lambda engine: async_to_sync(last_step)(engine.guide(GuideRequest(session=session)))),
        Trial("script", lambda engine: engine.script(script)),
        Trial("escalate", lambda engine: engine.escalate(EscalateRequest(session=session))),
        Trial("analyse", lambda engine: engine.analyse(AnalyseRequest(sessions=(ended,)))),
    ]


class Command(BaseCommand):
    help = "Ask Claude one small question for each job and print what it used. It costs a few cents."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", help="the account (slug) that is charged; the first one by default")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.AI_ENABLED:
            raise CommandError("Models are switched off on this installation: FLOWPILOT_AI is false.")
        if not settings.ANTHROPIC_API_KEY:
            raise CommandError("There is no key: set FLOWPILOT_ANTHROPIC_API_KEY or ANTHROPIC_API_KEY.")
        account = _account(options["account"])
        if account.ai_mode == Account.AiMode.OFFLINE:
            raise CommandError(f"The account {account.slug!r} keeps to the rules; name another by --account.")
        engine = AnthropicEngine(account)
        failed = [trial.job for trial in trials() if not self._works(trial, engine)]
        if failed:
            raise CommandError(f"These jobs do not work: {', '.join(failed)}.")
        self.stdout.write("Each job works.")

    def _works(self, trial: Trial, engine: AnthropicEngine) -> bool:
        try:
            result = trial.call(engine)
        except (EngineError, BudgetUsedUp) as error:
            self.stdout.write(f"{trial.job:9} FAILED  {error}")
            return False
        usage = result.usage
        assert usage is not None
        self.stdout.write(
            f"{trial.job:9} ok  {usage.model}  in {usage.input_tokens}"
            f"  cache read {usage.cache_read_tokens}  written {usage.cache_write_tokens}"
            f"  out {usage.output_tokens}  ${usage.cost_usd}  prompt {result.prompt_version}"
        )
        return True


def _account(slug: str | None) -> Account:
    rows = Account.objects.order_by("created_at", "pk")
    account = rows.filter(slug=slug).first() if slug else rows.first()
    if account is None:
        named = f"named {slug!r} " if slug else ""
        raise CommandError(f"There is no account {named}to charge; make one with create_account.")
    return account
