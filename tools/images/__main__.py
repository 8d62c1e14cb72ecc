"""Regenerate the images of the README and the lessons: `make images`. Boots its own stack for the screenshots."""

from __future__ import annotations

import tempfile
from io import BytesIO
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg

from tools.bench.stack import bench_stack
from tools.images.overview import overview
from tools.images.screens import screens

IMAGES = Path(__file__).resolve().parents[2] / "images"
LARGEST = 300_000  # bytes; the README should also load quickly on phones


def main() -> None:
    """Write every image and print its name. Raises SystemExit if one is too large."""
    IMAGES.mkdir(exist_ok=True)
    write("high-level-overview", overview_png())
    with (
        tempfile.TemporaryDirectory(prefix="gateway-kit-images-") as scratch,
        bench_stack(Path(scratch)) as stack,
    ):
        stack.up()
        for name, png in screens(stack).items():
            write(name, png)


def overview_png() -> bytes:
    """The overview as PNG; the same bytes each time."""
    figure = overview()
    FigureCanvasAgg(figure)
    buffer = BytesIO()
    figure.savefig(buffer, dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def write(name: str, png: bytes) -> None:
    """Write one image if it is small enough."""
    if len(png) > LARGEST:
        raise SystemExit(f"{name}.png has {len(png):,} bytes; the limit is {LARGEST:,}")
    path = IMAGES / f"{name}.png"
    path.write_bytes(png)
    print(f"images/{path.name}: {len(png) // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
