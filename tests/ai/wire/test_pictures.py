"""Screenshots: sent only if the account says so, and then nothing but their pixels."""

import base64
import io
import json
from uuid import UUID

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from flowpilot.ai.anthropic import pictures
from flowpilot.ai.anthropic.engine import AnthropicEngine
from flowpilot.ai.anthropic.pictures import pictures_of
from flowpilot.ai.contracts import Screenshot
from flowpilot.ai.models import AICall
from tests.ai.requests import a_triage
from tests.ai.wire.vendor import TRIAGE, Vendor
from tests.factories import Cast


def shot(width: int = 40, height: int = 30) -> Screenshot:
    info = PngInfo()
    info.add_text("Comment", "taken at the customer's")
    out = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(out, "PNG", pnginfo=info)
    return Screenshot(id=UUID(int=1), media_type="image/png", data=out.getvalue())


def test_screenshots_stay_here_unless_the_account_sends_them(cast: Cast, vendor: Vendor) -> None:
    vendor.says(TRIAGE)

    result = AnthropicEngine(cast.account).triage(a_triage(screenshots=(shot(),)))

    assert '"image"' not in json.dumps(vendor.asked)
    assert result.notes == ("Screenshots were not read: the account does not send them to the vendor.",)


def test_what_is_sent_are_pixels_only(cast: Cast, vendor: Vendor) -> None:
    cast.account.ai_send_screenshots = True
    vendor.says(TRIAGE)

    result = AnthropicEngine(cast.account).triage(a_triage(screenshots=(shot(3000, 1000),)))

    (asked,) = vendor.asked
    kinds = [block["type"] for block in asked["messages"][-1]["content"]]
    assert kinds == ["tool_result", "image", "text"]
    data = base64.b64decode(asked["messages"][-1]["content"][1]["source"]["data"])
    with Image.open(io.BytesIO(data)) as sent:
        assert (sent.format, sent.size, sent.info) == ("PNG", (1568, 523), {})
    assert (asked["model"], result.notes) == ("claude-sonnet-5-5", ())


def test_a_picture_that_is_too_big_when_drawn_anew_is_sent_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "BIGGEST_PNG", 20_000)
    out = io.BytesIO()
    Image.effect_noise((300, 300), 90).convert("RGB").save(out, "JPEG")
    noise = Screenshot(id=UUID(int=3), media_type="image/jpeg", data=out.getvalue())

    sent = pictures_of((noise, shot()), allowed=True).sent

    assert [picture.media_type for picture in sent] == ["image/jpeg", "image/png"]


def test_no_less_is_reserved_than_dense_text_and_large_pictures_may_cost(cast: Cast, vendor: Vendor) -> None:
    cast.account.ai_send_screenshots = True
    text = "漢字" * 3_000
    dear = {"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 3_000}
    written = len(text.encode()) + 5 * 56 * 56
    kinds = {"ephemeral_1h_input_tokens": written, "ephemeral_5m_input_tokens": 0}
    vendor.says(TRIAGE, usage={**dear, "cache_creation_input_tokens": written, "cache_creation": kinds})

    AnthropicEngine(cast.account).triage(a_triage(text, screenshots=(shot(1568, 1568),) * 5))

    call = AICall.objects.get()
    assert (call.cache_write_tokens, call.cache_write_1h_tokens) == (written, written)
    assert call.reserved_usd >= call.cost_usd > 0


def test_what_is_no_picture_is_left_out_and_said(cast: Cast, vendor: Vendor) -> None:
    cast.account.ai_send_screenshots = True
    vendor.says(TRIAGE)
    broken = Screenshot(id=UUID(int=2), media_type="image/png", data=b"<svg onload=alert(1)>")

    result = AnthropicEngine(cast.account).triage(a_triage(screenshots=(shot(), broken)))

    assert json.dumps(vendor.asked).count('"type": "image"') == 1
    assert result.notes == ("1 screenshot could not be read and was left out.",)
