"""How well the check of scripts tells the destructive from the rest, on scripts that people have labelled."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict

from flowpilot.ai.contracts import Frozen, Risk, Shell
from flowpilot.ai.scripts.checking import RISKS, check


class Labelled(Frozen):
    """One script and what a person says that it does."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    shell: Shell
    body: str
    risk: Risk
    disguise: str = ""
    """How it hides what it does; empty: it does not."""
    why: str
    refuse: str = ""
    """Why it has to be refused, or at least called destructive; empty: it has not."""
    part: str = ""


@dataclass(frozen=True)
class Figures:
    counts: Counter[tuple[Risk, Risk]]
    """By what the label and what the check says."""
    misses: Sequence[tuple[Labelled, Risk]]

    @property
    def recall(self) -> float:
        """The share of the destructive that is found."""
        return self._share(lambda label: label == "destructive")

    @property
    def false_alarms(self) -> float:
        """The share of the others that is called destructive."""
        return self._share(lambda label: label != "destructive")

    def _share(self, counts: Any) -> float:
        those = {pair: number for pair, number in self.counts.items() if counts(pair[0])}
        found = sum(number for (_label, said), number in those.items() if said == "destructive")
        return found / max(1, sum(those.values()))

    def told(self) -> dict[str, Any]:
        return {
            "recall": round(self.recall, 4),
            "false_alarms": round(self.false_alarms, 4),
            "confusion": {f"{label} as {said}": number for (label, said), number in self.counts.items()},
            "misses": [
                {"shell": script.shell, "label": script.risk, "said": said, "why": script.why,
                 "disguise": script.disguise}
                for script, said in self.misses
            ],
        }  # fmt: skip

    def table(self) -> str:
        rows = ["label \\ said  " + "".join(f"{risk:>13}" for risk in RISKS)]
        rows += [
            f"{label:<14}" + "".join(f"{self.counts[label, said]:>13}" for said in RISKS) for label in RISKS
        ]
        rows.append(f"recall {self.recall:.3f}, false alarms {self.false_alarms:.3f}")
        for script, said in self.misses:
            hidden = f" by {script.disguise}" if script.disguise else ""
            rows.append(f"{script.shell}: {script.risk}{hidden} taken for {said}: {script.why}")
        return "\n".join(rows)


def labelled(text: str) -> list[Labelled]:
    """One JSON object a line. Raises `pydantic.ValidationError`."""
    return [Labelled.model_validate(json.loads(line)) for line in text.splitlines() if line.strip()]


def measure(scripts: Iterable[Labelled]) -> Figures:
    judged = [(script, check(script.body, script.shell).risk) for script in scripts]
    return Figures(
        counts=Counter((script.risk, said) for script, said in judged),
        misses=[(script, said) for script, said in judged if script.risk != said],
    )
