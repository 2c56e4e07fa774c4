"""The dated table of list prices."""

from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS
from anthropic.types import Model
from django.conf import settings
from pytest_django import Settings

from flowpilot.ai.anthropic.guide import GUIDE
from flowpilot.ai.anthropic.plans import plan_for
from flowpilot.ai.checks import models_have_prices
from flowpilot.ai.prices import Tokens, UnknownModel, cost_of, known_models, model_named, most_for
from tests.ai.requests import a_guide

TODAY = date(2026, 11, 22)


def test_each_kind_of_token_has_its_price() -> None:
    tokens = Tokens(
        input=1_000_000,
        cache_read=1_000_000,
        cache_write=2_000_000,
        cache_write_1h=1_000_000,
        output=1_000_000,
    )

    cost = cost_of("claude-sonnet-5-5", tokens, at=TODAY)

    assert cost.usd == Decimal("2") + Decimal("0.10") + Decimal("2.50") + Decimal("4") + Decimal("10")
    assert cost.as_of == date(2026, 9, 1)


def test_a_batch_costs_half() -> None:
    assert cost_of("claude-opus-5-5", Tokens(input=1_000_000), at=TODAY, batch=True).usd == 2


def test_a_long_prompt_is_dearer_as_a_whole() -> None:
    assert cost_of("claude-haiku-5-5", Tokens(input=100_000), at=TODAY).usd == Decimal("0.01")
    assert cost_of("claude-haiku-5-5", Tokens(input=100_001), at=TODAY).usd == Decimal("0.05000050")


def test_fractions_are_rounded_up() -> None:
    assert cost_of("claude-haiku-5-5", Tokens(cache_read=1), at=TODAY, batch=True).usd == Decimal(
        "0.00000001"
    )


def test_a_model_without_prices_cannot_be_asked() -> None:
    with pytest.raises(UnknownModel, match="'gpt-1'; known are claude-fable-5-1,"):
        model_named("gpt-1")


def test_the_estimate_is_never_below_the_cost() -> None:
    """Of text so dense that each byte is a token, with a picture as large as one may be."""
    tokens = Tokens(cache_write=10_084, cache_write_1h=10_084, output=2_000)

    most = most_for("claude-sonnet-5-5", size=5_000, images=1, max_tokens=2_000, at=TODAY)

    assert most >= cost_of("claude-sonnet-5-5", tokens, at=TODAY).usd


def test_no_model_that_we_use_or_have_prices_for_is_about_to_be_switched_off() -> None:
    assert set(settings.AI_MODELS.values()) & DEPRECATED_MODELS.keys() == set()
    assert known_models().keys() & DEPRECATED_MODELS.keys() == set()


def test_a_model_that_cannot_be_asked_is_told_by_its_variable(settings: Settings) -> None:
    settings.AI_MODELS = {**settings.AI_MODELS, "guide": "claude-sonnet-9"}

    (found,) = models_have_prices()

    assert (found.id, found.msg.split(":")[0]) == ("ai.E001", "FLOWPILOT_AI_MODEL_GUIDE")


def test_each_model_that_has_prices_is_one_that_the_vendors_client_knows() -> None:
    names = next(part for part in get_args(Model) if part is not str)

    assert known_models().keys() - set(get_args(names)) == set()


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ("claude-sonnet-5-5", ("low", {"type": "between_tools"})),
        ("claude-opus-5-5", ("low", None)),
        ("claude-haiku-4-5", (None, None)),
    ],
)
def test_what_a_model_does_not_take_is_left_out_of_the_request(
    settings: Settings, model: str, told: tuple[str | None, dict[str, str] | None]
) -> None:
    settings.AI_MODELS = {**settings.AI_MODELS, "guide": model}

    body = GUIDE.prompt(a_guide()).request(plan_for("guide"))

    assert (body["output_config"].get("effort"), body.get("thinking")) == told
