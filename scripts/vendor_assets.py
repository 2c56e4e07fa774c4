"""Fetch the pinned front-end packages with npm and write what the product serves under `static/`.

Run by hand when a version changes or an icon is added (`python scripts/vendor_assets.py`); the result is
committed, so that neither a build nor the running product ever needs npm or a CDN. Add an icon by adding its
name to `icons.txt` beside this file.
"""

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
SPRITE = ROOT / "static" / "icons.svg"
ICON_NAMES = Path(__file__).with_name("icons.txt")
ICON_SOURCE = "package/icons/outline/{name}.svg"
STROKE_WIDTH = "1.75"
SOURCE_MAP = re.compile(rb"/\*# sourceMappingURL=.*?\*/\s*$")
SVG = "{http://www.w3.org/2000/svg}"


@dataclass(frozen=True)
class Package:
    """An npm package: which of its files go to `static/vendor/<folder>/`."""

    name: str
    version: str
    folder: str
    files: tuple[str, ...] = ()


ICONS = Package("@tabler/icons", "3.51.0", "tabler-icons")
PACKAGES = (
    # Its element resets and utility classes; the components are our own (static/css).
    Package(
        "bootstrap",
        "5.3.9",
        "bootstrap",
        ("dist/css/bootstrap-reboot.min.css", "dist/css/bootstrap-utilities.min.css"),
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "inter",
        ("files/inter-latin-wght-normal.woff2", "files/inter-latin-ext-wght-normal.woff2"),
    ),
    Package(
        "@fontsource-variable/jetbrains-mono",
        "5.3.0",
        "jetbrains-mono",
        ("files/jetbrains-mono-latin-wght-normal.woff2", "files/jetbrains-mono-latin-ext-wght-normal.woff2"),
    ),
    ICONS,
)


def icon_names() -> list[str]:
    """The icons of the sprite, sorted, each once."""
    return sorted({line.strip() for line in ICON_NAMES.read_text().splitlines() if line.strip()})


def fetch(package: Package, into: Path) -> Path:
    """Path of the package's tarball, fetched by the npm client. Raises CalledProcessError if npm refuses."""
    wanted = f"{package.name}@{package.version}"
    command = ["npm", "pack", "--silent", "--pack-destination", str(into), wanted]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return into / done.stdout.strip().splitlines()[-1]


def read(tarball: tarfile.TarFile, member: str) -> bytes:
    """Content of one regular file; raises SystemExit that names it when the package does not have it."""
    try:
        handle = tarball.extractfile(member)
    except KeyError:
        handle = None
    if handle is None:
        raise SystemExit(f"{Path(str(tarball.name)).name}: no file {member}")
    return handle.read()


def vendor(package: Package, tarball: tarfile.TarFile) -> None:
    """Write licence and chosen files. Source map comments go: the manifest storage would look the maps up."""
    folder = VENDOR / package.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "LICENSE").write_bytes(read(tarball, "package/LICENSE"))
    for file in package.files:
        content = read(tarball, f"package/{file}")
        if file.endswith(".css"):
            content = SOURCE_MAP.sub(b"", content)
        (folder / Path(file).name).write_bytes(content)


def symbol(name: str, svg: bytes) -> str:
    """One icon as a `<symbol>` that takes its colour from the text around it."""
    shapes = "".join(
        f"<{shape.tag.removeprefix(SVG)} "
        + " ".join(f'{key}="{value}"' for key, value in shape.attrib.items())
        + "/>"
        for shape in ElementTree.fromstring(svg.decode())
        if shape.get("stroke") != "none"
    )
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" '
        f'stroke-width="{STROKE_WIDTH}" stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def write_sprite(tarball: tarfile.TarFile) -> int:
    """Write `icons.svg`, one line an icon; returns how many."""
    symbols = [symbol(name, read(tarball, ICON_SOURCE.format(name=name))) for name in icon_names()]
    SPRITE.write_text('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n")
    return len(symbols)


def main() -> None:
    """Vendor all packages, then the sprite."""
    if shutil.which("npm") is None:
        raise SystemExit("npm is needed to fetch the packages; the product itself does not need it.")
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            with tarfile.open(fetch(package, Path(scratch))) as tarball:
                vendor(package, tarball)
                sys.stdout.write(f"{package.name} {package.version}\n")
                if package is ICONS:
                    sys.stdout.write(f"icons.svg: {write_sprite(tarball)} icons\n")


if __name__ == "__main__":
    main()
