"""Validate every tree that the product holds; with --rubric also score how well it reads."""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand

from flowpilot.accounts.models import Account
from flowpilot.core.scope import account_scope
from flowpilot.flows.document import problems
from flowpilot.flows.models import FlowVersion
from proposals.models import ProposalDraft
from proposals.scoring import Scored, scored_trees


class Command(BaseCommand):
    help = (
        "Validate the trees of all flow versions and all drafts of proposals. With --rubric, score the "
        "current drafts, the published versions whose sessions are known and the installed starter flows."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument(
            "--rubric", action="store_true", help="score how well the trees read, rule by rule"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rubric"]:
            self._score(as_json=options["json"])
        else:
            self._validate(as_json=options["json"])

    def _validate(self, *, as_json: bool) -> None:
        checked, invalid = 0, list[dict[str, Any]]()
        for account_id in Account.objects.order_by("created_at", "pk").values_list("pk", flat=True):
            with account_scope(account_id):
                for kind, pk, title, tree in trees(account_id):
                    checked += 1
                    if found := problems(tree):
                        errors = [{"code": e.code, "node": e.node, "message": e.message} for e in found]
                        invalid.append({"kind": kind, "id": str(pk), "title": title, "errors": errors})
        if as_json:
            self.stdout.write(json.dumps({"checked": checked, "invalid": invalid}))
            return
        for entry in invalid:
            self.stdout.write(f"{entry['kind']} {entry['id']} “{entry['title']}”")
            for error in entry["errors"]:
                self.stdout.write(f"  {error['node'] or '–'}: {error['message']}")
        self.stdout.write(f"{checked} trees checked, {len(invalid)} invalid.")

    def _score(self, *, as_json: bool) -> None:
        scored, failing, rules = 0, list[Scored](), Counter[str]()
        for account_id in Account.objects.order_by("created_at", "pk").values_list("pk", flat=True):
            with account_scope(account_id):
                for entry in scored_trees(account_id):
                    scored += 1
                    rules.update(issue.rule for issue in entry.issues)
                    if entry.issues:
                        failing.append(entry)
        if as_json:
            report = {"scored": scored, "passed": scored - len(failing), "rules": dict(sorted(rules.items()))}
            self.stdout.write(json.dumps({**report, "failing": [entry.to_json() for entry in failing]}))
            return
        for entry in failing:
            self.stdout.write(f"{entry.kind} {entry.id} “{entry.title}”")
            for issue in entry.issues:
                self.stdout.write(f"  {issue.rule}, {issue.node or '–'}: {issue.message}")
        for rule, count in sorted(rules.items()):
            self.stdout.write(f"{rule}: {count}")
        self.stdout.write(f"{scored} trees scored, {scored - len(failing)} pass every rule.")


def trees(account_id: UUID) -> Iterator[tuple[str, Any, str, object]]:
    """(kind, id, title, tree) of every version and every proposal's drafts of an account, streamed."""
    versions = FlowVersion.objects.for_account(account_id).values_list("pk", "flow__title", "tree_structure")
    drafts = ProposalDraft.objects.for_account(account_id).values_list("pk", "title", "tree")
    for pk, title, tree in versions.iterator(chunk_size=200):
        yield "version", pk, title, tree
    for pk, title, tree in drafts.iterator(chunk_size=200):
        yield "draft", pk, title, tree
