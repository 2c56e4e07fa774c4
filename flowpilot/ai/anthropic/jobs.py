"""How a job is put to the model and read back: the prompt made of a request, the result made of an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flowpilot.ai.anthropic.prompting import Prompt
from flowpilot.ai.contracts import Frozen, Spoken

Request = TypeVar("Request", bound=Frozen)
Result = TypeVar("Result", bound=Spoken)


@dataclass(frozen=True)
class Task(Generic[Request, Result]):
    """`read` takes the request, the answer's text and what the result says of its origin.

    It raises `Unusable`.
    """

    prompt: Callable[[Request], Prompt]
    read: Callable[[Request, str, dict[str, Any]], Result]
