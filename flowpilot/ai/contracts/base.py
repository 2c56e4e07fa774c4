"""What all requests and results share."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

EngineName = Literal["offline", "anthropic"]
Job = Literal["triage", "guide", "script", "analyse", "escalate"]

StepKind = Literal["question", "action", "check", "script", "note"]
StepSource = Literal["flow", "ai", "offline", "engineer"]
StepOutcome = Literal["worked", "did_not_work", "unclear", "skipped"]
SessionOutcome = Literal["resolved", "escalated", "abandoned"]
Shell = Literal["powershell", "bash", "cmd"]
Risk = Literal["read", "change", "destructive"]

Probability = Annotated[float, Field(ge=0.0, le=1.0)]


class Frozen(BaseModel):
    """Immutable, and strict about its fields: what is misspelt is refused, not dropped."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Usage(Frozen):
    """What the calls behind one result took, repairs and repeated attempts included."""

    model: str
    """Of the last call."""
    input_tokens: int
    """Not from the cache and not written to it."""
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    """Thinking included."""
    cost_usd: Decimal
    """By the dated table of list prices."""

    @property
    def all_input_tokens(self) -> int:
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


class Exchange(Frozen):
    """A conversation with a vendor as it may be kept: masked, without pictures, long texts cut."""

    system_prompt: str
    messages: tuple[dict[str, str], ...]
    """{"role": "user" or "assistant", "text": …} in the order of the request; the answer comes last."""


class Spoken(Frozen):
    """What every result says about who spoke, and on what grounds."""

    engine: EngineName
    """Who made the content of this result."""
    basis: tuple[str, ...]
    """Ids of what it rests on, each `<kind>:<id>`: `flow:`, `session:`, `playbook:`, `script:`, `rule:`,
    `lexicon:`, `model:`. The basis of an analysis is bare session ids. Empty only where a result says "I do
    not know"."""
    prompt_version: str = ""
    """The first 12 characters of the SHA-256 of prompt and schema; for rules, the name of their version."""
    usage: Usage | None = None
    """None when no model was asked, as always offline."""
    fallback: str = ""
    """Why the preferred engine did not speak, as a sentence for people; empty when it did. Set by the
    router; engines leave it empty."""
    suspected_injection: bool = False
    """What it was asked about tries to give instructions to a model."""
    shortened: bool = False
    """The model was shown less than there is: what was too long for it was cut."""
    exchange: Exchange | None = Field(default=None, repr=False, exclude=True)
    """What a vendor was asked and answered; a session keeps that of its guidance. None where nobody was."""
