"""The encoder: vectors that tell meaning apart, and what happens without it."""

import ctypes
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from flowpilot.core.retrieval import encoder
from flowpilot.core.retrieval.encoder import DIMENSIONS, Status, encode_one, status


@pytest.fixture(autouse=True)
def _forget_what_was_found() -> Iterator[None]:
    encoder._fault.cache_clear()
    yield
    encoder._fault.cache_clear()


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_what_means_the_same_lies_closer_than_what_does_not(settings: Settings) -> None:
    settings.EMBEDDINGS = True
    ready = encoder.encoder()
    assert ready is not None
    printer, pages, password = ready.encode(
        ["the printer prints nothing", "no pages come out of the printer", "Outlook asks for a password"]
    )
    assert [len(each) for each in (printer, pages, password)] == [DIMENSIONS] * 3
    assert likeness(printer, printer) == pytest.approx(1.0, abs=1e-4)
    assert likeness(printer, pages) > 0.6 > 0.3 > likeness(printer, password)


def test_a_text_has_the_same_vector_alone_and_among_others(settings: Settings) -> None:
    settings.EMBEDDINGS = True
    ready = encoder.encoder()
    assert ready is not None
    texts = ["printer", "a much longer text about a mailbox that does not open " * 60, "vpn drops every hour"]
    together = ready.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        assert likeness(ready.encode([text])[0], vector) == pytest.approx(1.0, abs=1e-3)


def test_the_runtime_is_forbidden_to_tell_its_maker() -> None:
    """As its library asks: the environment of C."""
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_char_p
    assert getenv(b"ORT_DISABLE_TELEMETRY") == b"1"


def test_nothing_to_encode_has_no_vector(settings: Settings) -> None:
    settings.EMBEDDINGS = True
    assert encode_one("  \n") is None


def test_switched_off_there_is_no_vector_and_the_reason_is_told(settings: Settings) -> None:
    settings.EMBEDDINGS = False
    assert encode_one("the printer prints nothing") is None
    assert status() == Status(available=False, reason="switched off (FLOWPILOT_EMBEDDINGS=off)")


def test_an_absent_model_is_told(monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path) -> None:
    settings.EMBEDDINGS = True
    monkeypatch.setattr(encoder, "_model_file", lambda: tmp_path / "model.onnx")
    assert status() == Status(available=False, reason="the model is not installed")


def test_a_model_of_another_content_is_not_loaded(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.EMBEDDINGS = True
    (tmp_path / "model.onnx").write_bytes(b"something else")
    monkeypatch.setattr(encoder, "_model_file", lambda: tmp_path / "model.onnx")
    assert not status().available
    assert "SHA-256" in status().reason
    assert encoder._loaded.__wrapped__() == (None, status().reason)
