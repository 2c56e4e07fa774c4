"""Of a file from outside only pixels or characters are kept, and only of files that are what they say."""

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image, PngImagePlugin

from flowpilot.core.uploads.images import LONGEST_EDGE, PIXELS
from flowpilot.core.uploads.intake import ACCEPTED, FILE_LIMIT, UnusableUpload, clean_name, prepared
from tests.factories import picture

CANARY = b"canary-in-the-metadata"


def opened(content: bytes) -> Any:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def refusal(name: str, content: bytes) -> str:
    with pytest.raises(UnusableUpload) as refused:
        prepared(name, content)
    return str(refused.value)


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [("PNG", "image/png"), ("GIF", "image/png"), ("WEBP", "image/png"), ("JPEG", "image/jpeg")],
)
def test_an_image_is_encoded_anew(kind: str, media_type: str) -> None:
    kept = prepared("screen.png", picture(64, 48, kind))

    assert (kept.media_type, kept.width, kept.height) == (media_type, 64, 48)
    image = opened(kept.content)
    assert (image.get_format_mimetype(), image.size) == (media_type, (64, 48))


def test_metadata_and_what_is_hung_on_are_gone() -> None:
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY.decode())
    for content in (
        picture(kind="JPEG", exif=exif, comment=CANARY, icc_profile=CANARY),
        picture(kind="PNG", exif=exif, pnginfo=text),
        picture(kind="WEBP", exif=exif, xmp=CANARY),
        picture(kind="GIF", comment=CANARY),
        picture(kind="PNG") + b"<script>" + CANARY,
    ):
        assert CANARY in content
        kept = prepared("a.png", content).content
        assert CANARY not in kept
        assert not opened(kept).getexif()


def test_an_image_is_turned_as_its_camera_said() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn

    kept = prepared("a.jpg", picture(40, 20, "JPEG", exif=exif))

    assert (kept.width, kept.height) == (20, 40)


def test_of_an_animation_the_first_picture_is_kept() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])

    image = opened(prepared("a.gif", written.getvalue()).content)

    assert (getattr(image, "n_frames", 1), image.convert("RGB").getpixel((0, 0))) == (1, (255, 0, 0))


def test_transparency_is_kept() -> None:
    written = io.BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(written, "PNG")

    assert opened(prepared("a.png", written.getvalue()).content).getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_large_image_is_scaled_down() -> None:
    kept = prepared("a.jpg", picture(3000, 1500, "JPEG"))

    assert (kept.width, kept.height) == (LONGEST_EDGE, LONGEST_EDGE // 2)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("edge", [30_000, 6_000, 5_001], ids=lambda edge: f"{edge}px")
def test_an_image_of_too_many_pixels_is_refused_by_what_its_head_says(edge: int) -> None:
    assert edge * edge > PIXELS
    assert refusal("a.png", bomb(edge, edge)) == "“a.png” has more than 25 million pixels."


@pytest.mark.parametrize(
    "content",
    [
        b"no image",
        picture()[:200],
        picture(kind="BMP"),
        picture(kind="TIFF"),
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\x89PNG\r\n\x1a\n" + b"\xff" * 100,
        bomb(10, 10),
        b"GIF89a" + b"\x00" * 20,
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
    ids=["text", "cut", "bmp", "tiff", "svg", "broken", "empty-png", "broken-gif", "postscript"],
)
def test_what_is_no_image_of_those_kinds_is_refused(content: bytes) -> None:
    said = "“a.png” is no image of the kinds PNG, JPEG, GIF and WEBP, or it is damaged."
    assert refusal("a.png", content) == said


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain", "plain"),
        ("ä€".encode(), "ä€"),
        (b"\xef\xbb\xbfmarked", "marked"),
        ("wide ä".encode("utf-16"), "wide ä"),
        (b"caf\xe9 \x80", "café €"),
        (b"<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
    ids=["ascii", "utf-8", "bom", "utf-16", "cp1252", "markup"],
)
def test_a_log_is_kept_as_text(content: bytes, text: str) -> None:
    kept = prepared("a.log", content)

    assert (kept.media_type, kept.content.decode(), kept.width) == ("text/plain", text, None)


@pytest.mark.parametrize("content", [picture(), b"MZ\x90\x00\x03", b"a\x00b"], ids=["png", "exe", "nul"])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    assert refusal("a.txt", content) == "“a.txt” is not text."


@pytest.mark.parametrize("name", ["a.exe", "a.svg", "a.html", "a.png.exe", "a", ".png.", "a.evtx", "a.pdf"])
def test_other_kinds_are_refused_with_those_that_are_taken(name: str) -> None:
    said = refusal(name, b"x")
    assert said.endswith("Taken are: png, jpg, jpeg, gif, webp, txt, log, csv.")
    assert len(ACCEPTED) == 8


def test_a_file_is_neither_empty_nor_too_large() -> None:
    assert refusal("a.txt", b"") == "“a.txt” is empty."
    assert refusal("a.txt", b"x" * (FILE_LIMIT + 1)) == "“a.txt” has more than 10 MB."


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\logs\\app.log", "app.log"),
        ("a\r\nSet-Cookie: x.png", "a Set-Cookie: x.png"),
        ("x\u202egnp.txt", "xgnp.txt"),
        ("a\x00b.png", "ab.png"),
        ("n" * 300 + ".png", "n" * 196 + ".png"),
        ("", "file"),
        ("/", "file"),
    ],
)
def test_a_name_is_its_last_part_on_one_line(name: str, cleaned: str) -> None:
    assert clean_name(name) == cleaned
