"""What says the same on many pages, drawn once in a process.

    {% kept here=here admin=nav_is_admin %}…{% endkept %}

The part inside sees the values that are named, as yes or no where they are no text, and nothing else of the
page: so it cannot say what it is not kept by. Few values each, for one of a kind is kept for each of them.
"""

from typing import Any

from django import template
from django.template import Context, Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token, token_kwargs
from django.template.loader_tags import BlockNode
from django.utils.translation import get_language

register = template.Library()

KINDS = 500
"""So many of one part are kept at most: an address may name what it likes."""


class KeptNode(Node):
    def __init__(self, nodelist: NodeList, by: dict[str, FilterExpression]) -> None:
        self.nodelist = nodelist
        self._by = by
        self._drawn: dict[tuple[str | bool | None, ...], str] = {}

    def render(self, context: Context) -> str:
        values = {name: _plain(value.resolve(context)) for name, value in self._by.items()}
        kind = (get_language(), *values.values())
        drawn = self._drawn.get(kind)
        if drawn is None:
            drawn = self.nodelist.render(context.new(values))
            if len(self._drawn) >= KINDS:
                self._drawn.clear()
            self._drawn[kind] = drawn
        return drawn


def _plain(value: Any) -> str | bool:
    return str(value) if isinstance(value, str) else bool(value)


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    words = token.split_contents()[1:]
    by = token_kwargs(words, parser)
    if words:
        raise TemplateSyntaxError(f"kept takes names and values only, not {words[0]}")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise TemplateSyntaxError("What is kept has no blocks: each page may have its own")
    return KeptNode(nodelist, by)
