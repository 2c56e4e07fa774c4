"""The library as matching finds it: what of a flow is searched, and keeping that in step with the flows."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from flowpilot.core.retrieval import indexing
from flowpilot.core.retrieval.corpus import Corpus
from flowpilot.core.retrieval.indexing import Text
from flowpilot.core.retrieval.upkeep import Source
from flowpilot.flows.models import Flow, FlowDocument, FlowPosting

LIBRARY: Final = Corpus(documents=FlowDocument, postings=FlowPosting, owner="flow_id")


def texts(flows: QuerySet[Flow]) -> list[Text]:
    """What is searched of published flows: title, summary and every text of the current version."""
    rows = flows.values_list("pk", "title", "summary", "current_version__tree_structure", "updated_at")
    return [
        Text(pk, title, "\n".join(part for part in (summary, *tree_texts(tree)) if part), as_of)
        for pk, title, summary, tree, as_of in rows.iterator(chunk_size=100)
    ]


def tree_texts(tree: Mapping[str, Any]) -> Iterable[str]:
    """Every text of a tree document that a person would search for."""
    for node in tree["nodes"]:
        yield node["title"]
        yield node.get("body") or ""
        yield (node.get("script") or {}).get("body") or ""
        yield from (option["label"] for option in node.get("options") or ())


def published(account_id: UUID) -> QuerySet[Flow]:
    rows: QuerySet[Flow] = Flow.objects.for_account(account_id).published()
    return rows


FLOWS: Final = Source(LIBRARY, published, texts)


def index(flow: Flow) -> None:
    """Bring matching in step with one flow, in the caller's transaction, which has changed or locked it:
    found while it is published."""
    found = texts(published(flow.account_id).filter(pk=flow.pk))
    indexing.write(LIBRARY, flow.account_id, found)
    if not found:
        indexing.forget(LIBRARY, flow.account_id, [flow.pk])
