"""What calls cost, by a dated table of list prices (`prices.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import cache
from importlib import resources
from typing import Any, Final

MILLION: Final = Decimal(1_000_000)
BATCH: Final = Decimal("0.5")
"""Share of the price that a batch costs."""
SMALLEST: Final = Decimal("0.00000001")
TOKENS_OF_A_PICTURE: Final = 4_784
"""The vendor makes larger ones smaller."""
TOKENS_OF_THE_VENDOR: Final = 2_000
"""What the vendor itself adds about tools and the form of the answer; several hundred were seen."""


@dataclass(frozen=True)
class Tokens:
    """What one call took. `cache_write` is of both lifetimes, `cache_write_1h` the dearer part of it."""

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    output: int = 0

    @property
    def all_input(self) -> int:
        return self.input + self.cache_read + self.cache_write

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.cache_write_1h + other.cache_write_1h,
            self.output + other.output,
        )


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens, for prompts of more than `above` tokens."""

    since: date
    above: int
    input: Decimal
    output: Decimal
    write_5m: Decimal
    write_1h: Decimal
    read: Decimal


@dataclass(frozen=True)
class Model:
    id: str
    thinking: tuple[str, ...]
    takes_effort: bool
    prices: tuple[Price, ...]


@dataclass(frozen=True)
class Cost:
    usd: Decimal
    as_of: date
    """The day from which the prices count."""


class UnknownModel(LookupError):
    """The table has no prices for a model, so it cannot be asked: its cost could not be limited."""


def known_models() -> Mapping[str, Model]:
    return _table()


def model_named(name: str) -> Model:
    """Raises `UnknownModel`."""
    try:
        return _table()[name]
    except KeyError:
        known = ", ".join(sorted(_table()))
        raise UnknownModel(f"There are no prices for the model {name!r}; known are {known}.") from None


def cost_of(model: str, tokens: Tokens, *, at: date, batch: bool = False) -> Cost:
    """What a call costs, rounded up to eight decimals."""
    price = _price(model_named(model), at, tokens.all_input)
    dollars = (
        tokens.input * price.input
        + tokens.cache_read * price.read
        + (tokens.cache_write - tokens.cache_write_1h) * price.write_5m
        + tokens.cache_write_1h * price.write_1h
        + tokens.output * price.output
    ) / MILLION
    share = BATCH if batch else Decimal(1)
    return Cost((dollars * share).quantize(SMALLEST, rounding=ROUND_UP), price.since)


def most_for(model: str, *, size: int, images: int, max_tokens: int, at: date) -> Decimal:
    """The most that a call may cost: each byte a token, each picture as large as one may be, the whole
    prompt written to the cache for an hour, all tokens of the answer used."""
    prompt = size + images * TOKENS_OF_A_PICTURE + TOKENS_OF_THE_VENDOR
    tokens = Tokens(cache_write=prompt, cache_write_1h=prompt, output=max_tokens)
    return cost_of(model, tokens, at=at).usd


def _price(model: Model, at: date, prompt: int) -> Price:
    dated = [price for price in model.prices if price.since <= at] or list(model.prices)
    newest = max(price.since for price in dated)
    fitting = [
        price for price in dated if price.since == newest and (prompt > price.above or not price.above)
    ]
    return max(fitting, key=lambda price: price.above)


@cache
def _table() -> dict[str, Model]:
    text = resources.files("flowpilot.ai").joinpath("prices.toml").read_text()
    rows = tomllib.loads(text)["model"]
    return {row["id"]: _model(row) for row in rows}


def _model(row: Mapping[str, Any]) -> Model:
    return Model(row["id"], tuple(row["thinking"]), row.get("effort", True), _prices(row))


def _prices(row: Mapping[str, Any]) -> tuple[Price, ...]:
    return tuple(Price(**{key: _number(value) for key, value in entry.items()}) for entry in row["prices"])


def _number(value: Any) -> Any:
    """Dollars are written as text, so that none is rounded; days and token counts are what they are."""
    return Decimal(value) if isinstance(value, str) else value
