"""Figures of the long runs, `-p tests.soak_report`: a line for each test as it ends, a table at the end.

A test gives its figures with `record_property(what, {name: number})`; the table has them by `what`.
"""

from collections import defaultdict
from statistics import median

import pytest

_seen: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when != "call":
        return
    for what, figures in report.user_properties:
        if isinstance(figures, dict):
            for name, value in figures.items():
                _seen[what][name].append(value)


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    figures = [f"{what}: {values}" for what, values in report.user_properties if isinstance(values, dict)]
    if report.when != "call" or not figures:
        return None
    line = f"\n{report.outcome} {'; '.join(figures)}"
    return report.outcome, line, line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for what, figures in sorted(_seen.items()):
        terminalreporter.write_line(what)
        for name, values in figures.items():
            terminalreporter.write_line(
                f"    {name}: n {len(values)}, median {median(values):g}, max {max(values):g}"
            )
