"""The forms of a page as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from tests.hostile.values import CANARY

NOT_TYPED = ("csrfmiddlewaretoken", "next")
BUTTONS = ("submit", "button", "reset", "image")


@dataclass
class Form:
    action: str
    method: str
    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.fields, *self.files} - {*NOT_TYPED}))


class Forms(HTMLParser):
    """Collects forms, with the values that their fields have; notes every element and event attribute that a
    canary would have made."""

    def __init__(self, address: str) -> None:
        super().__init__(convert_charrefs=True)
        self.address, self.found, self.active = address, list[Form](), list[str]()
        self._form: Form | None = None
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.active += [tag] if tag == CANARY else []
        self.active += [f"{tag} {name}" for name in given if name.startswith("on")]
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
        elif tag in ("input", "button") and name:
            self._input(form, name, kind, given)

    def _input(self, form: Form, name: str, kind: str, given: dict[str, str]) -> None:
        if kind == "file":
            form.files.append(name)
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


def read(page: str, address: str) -> Forms:
    forms = Forms(address)
    forms.feed(page)
    return forms
