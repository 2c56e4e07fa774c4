"""What the script panel shows."""

from dataclasses import dataclass
from uuid import UUID

from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from flowpilot.accounts.models import User
from flowpilot.ai.scripts.checking import check
from flowpilot.core.web import find
from sessions.models import AISession, AISessionStep, GeneratedScript

RISKS: dict[str, str | Promise] = {
    "read": gettext_lazy("It only looks. Nothing is changed."),
    "change": gettext_lazy("It changes something that can be taken back. Try the dry run first."),
    "destructive": gettext_lazy(
        "It deletes, overwrites or weakens something. Read every line, and make sure that there is a backup."
    ),
}
EARLIER = 10
EXTENSIONS = {"powershell": "ps1", "bash": "sh", "cmd": "cmd"}


@dataclass(frozen=True)
class Panel:
    session: AISession
    script: GeneratedScript | None
    """The one that is shown: the newest, or the one that was asked for."""
    earlier: list[GeneratedScript]
    may_generate: bool

    @property
    def risk_line(self) -> str | Promise:
        return RISKS[self.script.risk] if self.script else ""

    @property
    def marks(self) -> list[str]:
        """Lines that do more than look, by the rules of today."""
        if self.script is None or not self.script.body:
            return []
        checked = check(self.script.body, self.script.shell)  # type: ignore[arg-type]  # one of its choices
        said = [
            _("Line %(line)s: it %(reason)s.") % {"line": hit.line, "reason": _(hit.reason)}
            for hit in checked.hits
            if hit.rule != "change"
        ]
        if checked.unread:
            lines = ", ".join(map(str, checked.unread))
            said.append(_("Read by words only, for the syntax was not understood: line %s.") % lines)
        return said

    @property
    def missing(self) -> list[str]:
        """Parameters that have no value yet."""
        parameters = self.script.parameters if self.script else []
        return [each["name"] for each in parameters if not each["value"]]

    @property
    def may_mark(self) -> bool:
        script = self.script
        return self.may_generate and script is not None and bool(script.body) and script.run_at is None

    @property
    def undo_is_script(self) -> bool:
        return self.script is not None and "\n" in self.script.undo.strip()


def panel(user: User, pk: UUID, shown: str = "") -> Panel:
    """404 when the session is not the user's to see. `shown`: id of one of its scripts; else the newest."""
    session = find(AISession.objects.select_related("account", "client"), user, pk)
    scripts = list(session.scripts.select_related("asked_by")[: EARLIER + 1])
    script = next((each for each in scripts if str(each.pk) == shown), scripts[0] if scripts else None)
    may = session.status == AISession.Status.ACTIVE and session.holder_id == user.pk
    return Panel(session, script, [each for each in scripts if each is not script][:EARLIER], may)


def script_of(user: User, pk: UUID, script: UUID) -> GeneratedScript:
    """A script of a session that the user may see; else 404."""
    session = find(AISession.objects.select_related("account"), user, pk)
    found: GeneratedScript | None = session.scripts.filter(pk=script).first()
    if found is None:
        raise Http404
    found.session = session
    return found


def suggested_purpose(session: AISession) -> str:
    """What the step that waits asks for, else the newest one, else the problem."""
    steps = session.steps.filter(superseded_at__isnull=True).exclude(kind=AISessionStep.Kind.NOTE)
    step = (
        steps.filter(answered_at__isnull=True).order_by("-step_order").first()
        or steps.order_by("-step_order").first()
    )
    return step.title if step else session.title


def file_name(script: GeneratedScript) -> str:
    """From the title, with what the shell wants at the end."""
    words = "-".join("".join(sign if sign.isalnum() else " " for sign in script.title.lower()).split())
    return f"{words[:60].strip('-') or 'script'}.{EXTENSIONS[script.shell]}"
