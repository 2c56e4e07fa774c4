"""What a test waits for is there as soon as it is parsed; what listens to keys and clicks comes with the
scripts of the page, which run when all of it is parsed. Playwright's `goto` and its like wait for that: on a
page that a link or a redirect led to, the first key would be lost now and then. So every expectation ends,
and every action begins, on a page that is loaded."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from playwright.sync_api import Expect, Locator, Page

OF_BOTH = (
    "check", "click", "dblclick", "dispatch_event", "fill", "focus", "hover", "press", "select_option",
    "set_checked", "set_input_files", "tap", "type", "uncheck",
)  # fmt: skip
"""What a test does to an element: by its locator, or by a selector to the first that the page has."""
OF_LOCATORS = ("blur", "clear", "drag_to", "evaluate", "press_sequentially")


class _Expected:
    """What `expect` returns for an element or a page."""

    def __init__(self, assertions: Any, page: Page) -> None:
        self._assertions, self._page = assertions, page

    def __getattr__(self, name: str) -> Callable[..., None]:
        def holds_and_is_loaded(*told: Any, **options: Any) -> None:
            __tracebackhide__ = True
            self._page.wait_for_load_state()
            getattr(self._assertions, name)(*told, **options)
            self._page.wait_for_load_state()

        return holds_and_is_loaded


def _expecting(expects: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(expects)
    def expect(self: Expect, actual: Any, *told: Any, **options: Any) -> Any:
        assertions = expects(self, actual, *told, **options)
        if isinstance(actual, Locator | Page):
            return _Expected(assertions, actual if isinstance(actual, Page) else actual.page)
        return assertions

    return expect


def _waiting(waits: Callable[..., None]) -> Callable[..., None]:
    @wraps(waits)
    def wait_for(self: Locator, *told: Any, **options: Any) -> None:
        waits(self, *told, **options)
        self.page.wait_for_load_state()

    return wait_for


def _acting(acts: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(acts)
    def act(self: Locator, *told: Any, **options: Any) -> Any:
        self.wait_for(state="attached")
        return acts(self, *told, **options)

    return act


def _acting_by_selector(acts: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(acts)
    def act(self: Page, selector: str, *told: Any, **options: Any) -> Any:
        self.locator(selector).first.wait_for(state="attached")
        return acts(self, selector, *told, **options)

    return act


def expect_and_act_on_loaded_pages() -> None:
    """For all tests, so that none can forget it; once, when they are collected."""
    Expect.__call__ = _expecting(Expect.__call__)  # type: ignore[method-assign]
    Locator.wait_for = _waiting(Locator.wait_for)  # type: ignore[method-assign]
    for name in (*OF_BOTH, *OF_LOCATORS):
        setattr(Locator, name, _acting(getattr(Locator, name)))
    for name in OF_BOTH:
        setattr(Page, name, _acting_by_selector(getattr(Page, name)))
