"""Validate every tree that the product holds."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from flowpilot.flows.document import problems
from flowpilot.flows.models import FlowVersion
from proposals.models import ProposalDraft


class Command(BaseCommand):
    help = "Validate the trees of all flow versions and all current drafts of proposals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        checked, invalid = 0, list[dict[str, Any]]()
        for kind, pk, title, tree in trees():
            checked += 1
            if found := problems(tree):
                errors = [{"code": e.code, "node": e.node, "message": e.message} for e in found]
                invalid.append({"kind": kind, "id": str(pk), "title": title, "errors": errors})
        if options["json"]:
            self.stdout.write(json.dumps({"checked": checked, "invalid": invalid}))
            return
        for entry in invalid:
            self.stdout.write(f"{entry['kind']} {entry['id']} “{entry['title']}”")
            for error in entry["errors"]:
                self.stdout.write(f"  {error['node'] or '–'}: {error['message']}")
        self.stdout.write(f"{checked} trees checked, {len(invalid)} invalid.")


def trees() -> Iterator[tuple[str, Any, str, object]]:
    """(kind, id, title, tree) of every version and of every proposal's drafts, streamed."""
    versions = FlowVersion.objects.values_list("pk", "flow__title", "tree_structure")
    drafts = ProposalDraft.objects.values_list("pk", "title", "tree")
    for pk, title, tree in versions.iterator(chunk_size=200):
        yield "version", pk, title, tree
    for pk, title, tree in drafts.iterator(chunk_size=200):
        yield "draft", pk, title, tree
