"""What a view looks for in a query and a form: its fields by themselves, whether or not a page shows them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.test import client as test_client
from django.utils.datastructures import MultiValueDict

from tests.hostile.forms import NOT_TYPED


class _Noting:
    """Of a query, a form or its files: the names under which somebody looks for a value."""

    names: set[str] = set()

    def __getitem__(self, key: str) -> Any:
        self.names.add(key)
        return super().__getitem__(key)  # type: ignore[misc]

    def getlist(self, key: str, default: Any = None) -> Any:
        self.names.add(key)
        return super().getlist(key, default)  # type: ignore[misc]

    def __contains__(self, key: object) -> bool:
        self.names.add(str(key))
        return super().__contains__(key)  # type: ignore[misc]


class _Fields(_Noting, QueryDict):
    pass


class _Files(_Noting, MultiValueDict[str, Any]):
    pass


class NotingRequest(WSGIRequest):
    """A request that knows afterwards what was looked for."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        self.names: set[str] = set()
        self._note("GET", self.GET, _Fields, "GET")

    def _load_post_and_files(self) -> None:
        super()._load_post_and_files()
        for place, kind in (("_post", _Fields), ("_files", _Files)):
            self._note(place, vars(self)[place], kind, "POST")

    def _note(self, place: str, given: Any, kind: type, method: str) -> None:
        given.__class__ = kind
        given.names = self.names if self.method == method else set()
        vars(self)[place] = given

    def looked_for(self) -> set[str]:
        """In the query of a GET, else in the form and its files."""
        return self.names - {*NOT_TYPED}


@contextmanager
def noting() -> Iterator[None]:
    """Requests of test clients note what is looked for in them."""
    plain = test_client.WSGIRequest  # type: ignore[attr-defined]
    test_client.WSGIRequest = NotingRequest  # type: ignore[attr-defined]
    try:
        yield
    finally:
        test_client.WSGIRequest = plain  # type: ignore[attr-defined]
