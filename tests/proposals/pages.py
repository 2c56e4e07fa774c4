"""A page as a browser without scripts sees it: the fields that its form would send."""

from html.parser import HTMLParser


class _FormReader(HTMLParser):
    """Collects the successful controls of the first form that holds a field named `draft`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: list[tuple[str, str]] = []
        self.buttons: list[str] = []
        self._select: str | None = None
        self._chosen: str | None = None
        self._first: str | None = None
        self._textarea: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "input" and name:
            self._input(name, given)
        elif tag == "button" and name and "disabled" not in given:
            self.buttons.append(given["value"])
        elif tag == "textarea" and name:
            self._textarea = (name, [])
        elif tag == "select" and name:
            self._select, self._chosen, self._first = name, None, None
        elif tag == "option" and self._select and "value" in given:
            self._first = given["value"] if self._first is None else self._first
            self._chosen = given["value"] if "selected" in given else self._chosen

    def _input(self, name: str, given: dict[str, str]) -> None:
        if given.get("type") not in ("radio", "checkbox") or "checked" in given:
            self.fields.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._textarea:
            name, text = self._textarea
            # The first line break is not part of the value, and browsers send the others as CRLF.
            value = "".join(text).removeprefix("\n")
            self.fields.append((name, value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")))
            self._textarea = None
        elif tag == "select" and self._select:
            self.fields.append(
                (self._select, self._chosen if self._chosen is not None else self._first or "")
            )
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._textarea[1].append(data)


def form_of(html: str) -> dict[str, list[str]]:
    """What the page's fields would send, by name."""
    reader = _FormReader()
    reader.feed(html)
    fields: dict[str, list[str]] = {}
    for name, value in reader.fields:
        fields.setdefault(name, []).append(value)
    fields.pop("csrfmiddlewaretoken", None)
    return fields


def buttons_of(html: str) -> list[str]:
    """The values of the named buttons that can be pressed, in the order of the page."""
    reader = _FormReader()
    reader.feed(html)
    return reader.buttons
