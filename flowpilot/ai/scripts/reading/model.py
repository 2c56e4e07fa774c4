"""What a script is read into: the calls that it makes, with their words as the shell would see them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flowpilot.ai.contracts import Shell


@dataclass(frozen=True)
class Call:
    """One command, method or redirection, as far as its words can be told without running anything.

    What cannot be told stands there as the shell would write it: `$NAME`, `%NAME%`, `$(…)`.
    """

    shell: Shell
    words: tuple[str, ...]
    line: int
    fed_by: tuple[str, ...] = ()
    """Texts of the calls before it in its pipe."""
    variables: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Those that are known where it stands, for code that it holds."""

    @cached_property
    def text(self) -> str:
        """The words with one space between them, the command without its path; in lower case where the
        shell does not mind the case."""
        words = self.words
        if self.shell == "bash" and words and words[0].startswith("/"):
            words = (words[0].rsplit("/", 1)[-1], *words[1:])
        text = " ".join(" ".join(words).split())
        return text if self.shell == "bash" else text.lower()

    @cached_property
    def pipe(self) -> str:
        """The pipe up to and with this call."""
        return " | ".join((*self.fed_by, self.text))


@dataclass
class Reading:
    """All that was found in a script, and the lines whose syntax was not understood."""

    calls: list[Call] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    functions: set[str] = field(default_factory=set)
    """Names in lower case: what a function does is judged by what stands in it."""

    def add(self, call: Call) -> Call:
        if call.text:
            self.calls.append(call)
        return call


@dataclass(frozen=True)
class Code:
    """Code that a call runs itself: the argument of `sh -c`, `iex`, `-EncodedCommand`."""

    shell: Shell
    body: str
    variables: Mapping[str, str] = field(default_factory=dict)
