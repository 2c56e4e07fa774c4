"""The forms of a page as a browser would send them, and what of the page would run."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.hostile.values import CANARY

NOT_TYPED = ("csrfmiddlewaretoken", "next")
BUTTONS = ("submit", "button", "reset", "image")
NEVER = (CANARY, "iframe", "object", "embed", "applet", "base", "frame", "frameset", "style")
"""Elements that no page of ours has."""
ADDRESSES = ("href", "src", "action", "formaction", "data", "xlink:href", "poster", "background", "srcset")
RUNS = re.compile(r"[\s\x00-\x20]*(?:javascript|vbscript|data:(?!image/))", re.IGNORECASE)


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    several: bool = False
    """Whether its files may be several."""
    most: dict[str, int] = field(default_factory=dict)
    """Characters that a field says it takes."""
    shown: bool = True
    """By a page; else a view looks for its fields."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.fields, *self.files} - {*NOT_TYPED}))


class Forms(HTMLParser):
    """Collects forms, with the values that their fields have; notes every element, attribute and address that
    would run something, which pages of ours have none of."""

    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address, self.found, self.active = address, list[Form](), list[str]()
        self._form: Form | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.active += _active(tag, given)
        if tag == "form":
            self._form = Form(given.get("action") or self.address, given.get("method", "get").lower())
            self.found.append(self._form)
        elif self._form is not None:
            self._control(self._form, tag, given)

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "option" and self._select:
            form.fields.setdefault(self._select, [])
            if "selected" in given or not form.fields[self._select]:
                form.fields[self._select] = [given.get("value", "")]
        elif tag == "select":
            self._select = name
            form.fields[name] = []
        elif tag == "textarea":
            self._textarea = name
            form.fields[name] = [""]
            self._bounded(form, name, given)
        elif tag in ("input", "button") and name:
            self._input(form, name, kind, given)

    def _bounded(self, form: Form, name: str, given: dict[str, str]) -> None:
        if given.get("maxlength", "").isdigit():
            form.most[name] = int(given["maxlength"])

    def _input(self, form: Form, name: str, kind: str, given: dict[str, str]) -> None:
        self._bounded(form, name, given)
        if kind == "file":
            form.files.append(name)
            form.several = "multiple" in given
        elif kind in BUTTONS or kind in ("checkbox", "radio"):
            form.fields.setdefault(name, [given.get("value", "on")])
        else:
            form.fields.setdefault(name, []).append(given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._textarea:
            self._form.fields[self._textarea][0] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""


def _active(tag: str, given: dict[str, str]) -> list[str]:
    found = [tag] if tag in NEVER else []
    found += [f"{tag} {name}" for name in given if name.startswith("on") or name == "srcdoc"]
    found += [f"{tag} {name}={given[name][:40]}" for name in ADDRESSES if RUNS.match(given.get(name, ""))]
    if tag == "script" and "src" not in given and given.get("type") != "application/json":
        found.append("script without an address")
    if tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
        found.append("meta refresh")
    return found


def read(page: str, address: str) -> Forms:
    forms = Forms(address)
    forms.feed(page)
    return forms
