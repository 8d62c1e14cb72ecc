"""Cards to print: one per seat, eight to a sheet, with a QR code that holds the address and never the code."""

from __future__ import annotations

import html
import re
from itertools import combinations
from pathlib import Path

import pytest
import segno
from click.testing import CliRunner, Result
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import PathPatch
from matplotlib.path import Path as DrawnPath
from matplotlib.text import Text

from gateway_kit.cli import main
from gateway_kit.workshop import bundle
from gateway_kit.workshop.cards.card import Lesson, bundle_line, make_cards, opens_only_here
from gateway_kit.workshop.cards.page import cards_page
from gateway_kit.workshop.cards.pdf import CARD_HEIGHT, CARD_WIDTH, cards_pdf, draw_sheets
from gateway_kit.workshop.cards.sheet import HEIGHT, WIDTH
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.membership import join_code, read_join_code
from gateway_kit.workshop.record import Workshop, save
from gateway_kit.workshop.signing import fingerprint, make_key
from tests.workshop_made import made_workshop

ADDRESS = "http://192.168.100.20:8000"
LONG = "https://llm-gateway-workshop.a-very-long-venue-name.example.org:8443/rooms/great-hall-on-the-second-floor"
LESSONS = [Lesson(f"{number:02d}", "prompts and experiments", 60) for number in range(10)]


def qr_of(picture: str) -> list[list[int]]:
    """The dark squares that a page's picture draws."""
    size = int(re.findall(r'viewBox="0 0 (\d+)', picture)[0])
    squares = [[0] * size for _ in range(size)]
    x = y = 0.0
    for verb, numbers in re.findall(r"([Mmh])([\d. -]+)", re.findall(r' d="([^"]+)"', picture)[0]):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if verb == "h":
            for column in range(int(x), int(x + values[0])):
                squares[int(y)][column] = 1
            x += values[0]
        else:
            x, y = (values[0], values[1]) if verb == "M" else (x + values[0], y + values[1])
    return squares


def expected_qr(text: str, error: str) -> list[list[int]]:
    code = segno.make(text, error=error, micro=False, boost_error=False)
    return [list(map(int, row)) for row in code.matrix_iter(border=4)]


def test_each_seat_has_one_card_and_eight_fit_on_a_sheet() -> None:
    for seats, sheets in ((1, 1), (8, 1), (9, 2), (60, 8)):
        workshop = made_workshop(seats)
        made = make_cards(workshop, address=ADDRESS)
        page = cards_page(made)
        assert [len(sheet) for sheet in made.sheets] == [8] * (seats // 8) + [seats % 8] * bool(seats % 8)
        assert page.count("<article>") == seats
        assert page.count('<section class="sheet">') == sheets
        for seat in workshop.seats:
            assert page.count(seat.code) == 1
    pdf = cards_pdf(make_cards(made_workshop(9), address=ADDRESS))
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", pdf)) == 2
    assert b"/MediaBox [ 0 0 595.2755" in pdf  # A4


def test_the_qr_codes_of_page_and_pdf_open_the_page_to_sign_in_with_the_seat() -> None:
    made = make_cards(made_workshop(2), address=f"{ADDRESS}/")
    url = f"{ADDRESS}/hub/login?username=seat-02"
    assert made.cards[1].qr == url
    drawn = re.findall(r"<svg.*?</svg>", cards_page(made), flags=re.DOTALL)
    assert qr_of(drawn[1]) == expected_qr(url, "m")
    (figure,) = draw_sheets(made)
    assert squares_of(figure.findobj(PathPatch)[-1].get_path()) == expected_qr(url, "m")


def squares_of(path: DrawnPath) -> list[list[int]]:
    """The dark squares of a PDF's shape; the quiet zone around them is not drawn, and added here."""
    boxes = [path.vertices[n : n + 4] for n in range(0, len(path.vertices), 5)]
    left, top = min(box[:, 0].min() for box in boxes), max(box[:, 1].max() for box in boxes)
    side = min((box[:, 0].max() - box[:, 0].min()) * WIDTH for box in boxes)
    size = round((max(box[:, 0].max() for box in boxes) - left) * WIDTH / side)
    squares = [[0] * (size + 8) for _ in range(size + 8)]
    for box in boxes:
        row = round((top - box[:, 1].max()) * HEIGHT / side)
        first = round((box[:, 0].min() - left) * WIDTH / side)
        for column in range(first, first + round((box[:, 0].max() - box[:, 0].min()) * WIDTH / side)):
            squares[row + 4][column + 4] = 1
    return squares


def test_a_join_card_has_the_command_and_a_code_that_joins() -> None:
    workshop = made_workshop(3)
    made = make_cards(workshop, join=True)
    card = made.cards[2]
    assert card.qr == f"gateway-kit workshop join {join_code(workshop, 'seat-03')}"
    assert read_join_code(card.code).seat == "seat-03"
    page = cards_page(made)
    assert "gateway-kit workshop join CODE" in page
    drawn = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    assert qr_of(drawn[2]) == expected_qr(card.qr, "l")
    for seat in workshop.seats:
        assert page.count(join_code(workshop, seat.name)) == 1
        assert seat.code not in page


Box = tuple[float, float, float, float]


def box_of(text: Text, renderer: RendererBase) -> Box:
    """Left, top, right and bottom of a line of text, in millimetres."""
    figure, box = text.get_figure(), text.get_window_extent(renderer)
    assert figure is not None
    x, y = WIDTH / figure.bbox.width, HEIGHT / figure.bbox.height
    return box.x0 * x, HEIGHT - box.y1 * y, box.x1 * x, HEIGHT - box.y0 * y


def overlap(one: Box, other: Box) -> bool:
    """Whether two boxes share more than a fifth of a millimetre."""
    shared_x = min(one[2], other[2]) - max(one[0], other[0])
    shared_y = min(one[3], other[3]) - max(one[1], other[1])
    return shared_x > 0.2 and shared_y > 0.2


@pytest.mark.parametrize("join", [False, True])
@pytest.mark.parametrize(
    ("name", "address"), [("a", ADDRESS), ("a-name-of-forty-letters-and-digits-2027-x", LONG)]
)
def test_everything_on_the_pdf_stays_on_its_card(join: bool, name: str, address: str) -> None:
    """Long names and addresses break into lines and become smaller."""
    name = name[:40]
    made = make_cards(
        made_workshop(8, name=name), address=address, join=join, lessons=LESSONS,
        fingerprint=fingerprint(b"1" * 32), bundle=bundle_line("http://10.0.0.1:8008", "0" * 64),
    )  # fmt: skip
    (figure,) = draw_sheets(made)
    renderer = FigureCanvasAgg(figure).get_renderer()  # has a picture of the whole sheet
    boxes = [(text.get_text(), box_of(text, renderer)) for text in figure.texts]
    for shown, (left, top, right, bottom) in boxes:
        assert right <= (left // CARD_WIDTH + 1) * CARD_WIDTH - 6, shown
        assert bottom <= (top // CARD_HEIGHT + 1) * CARD_HEIGHT - 3, shown
    codes = [patch.get_path().get_extents() for patch in figure.findobj(PathPatch)[-8:]]
    boxes += [("QR", (e.x0 * WIDTH, (1 - e.y1) * HEIGHT, e.x1 * WIDTH, (1 - e.y0) * HEIGHT)) for e in codes]
    first = [(shown, box) for shown, box in boxes if box[0] < CARD_WIDTH and box[1] < CARD_HEIGHT]
    assert [(one[0], other[0]) for one, other in combinations(first, 2) if overlap(one[1], other[1])] == []
    written = "".join(text.get_text() for text in figure.texts)
    for card in made.cards:
        assert written.count(card.code) == 1
        assert written.count(card.address or card.command) == 8
    for patch in figure.findobj(PathPatch)[-8:]:  # its squares are large enough for a telephone
        boxes = patch.get_path().vertices
        assert min(abs(a - b) for a, b in zip(boxes[::5, 0], boxes[1::5, 0], strict=True)) * WIDTH > 0.35


def test_a_card_says_what_a_person_needs_and_the_page_asks_nobody() -> None:
    made = make_cards(
        made_workshop(1), address=ADDRESS, lessons=[Lesson("01", "routing & <more>", 55)],
        fingerprint="1a2b-3c4d", bundle=bundle_line("http://10.0.0.1:8008", "5" * 64),
    )  # fmt: skip
    page = cards_page(made)
    shown = html.unescape(re.sub(r"<[^>]+>", " ", page))
    for words in (
        "team-a", ADDRESS, "seat-01", "01 routing & <more>", "55 min", 'hint("01.1")', 'solution("01.1")',
        "Raise your hand", "signed by the key 1a2b-3c4d", f"http://10.0.0.1:8008, SHA-256 {'5' * 64}", "Good until",
    ):  # fmt: skip
        assert words in shown
    assert not re.findall(r"""(?:src|href|url)\s*[=(]|@import|<script""", page)
    assert "size: A4 portrait; margin: 0" in page
    assert "color-scheme: only light" in page


def test_a_cards_code_is_neither_in_its_qr_code_nor_in_what_a_log_would_show() -> None:
    workshop = made_workshop(1)
    code = workshop.seats[0].code
    made = make_cards(workshop, address=ADDRESS)
    assert code not in repr(made)
    assert code not in made.cards[0].qr
    assert join_code(workshop, "seat-01") not in repr(make_cards(workshop, join=True))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://a",
        "localhost:8000",
        "http://",
        "http://a b",
        "http://u:p@a",
        "http://a/?x=1",
        "http://a:99999",
    ],
)
def test_what_is_no_address_is_refused_in_a_sentence(address: str) -> None:
    with pytest.raises(WorkshopError, match="no address") as refused:
        make_cards(made_workshop(1), address=address)
    assert "--address" in str(refused.value)


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    made = made_workshop(10)
    save(made, tmp_path / "workshop")
    monkeypatch.setenv("GATEWAY_WORKSHOP", str(tmp_path / "workshop"))
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ("workshop", "cards", *words))


def test_the_command_writes_private_files_and_prints_no_code(workshop: Workshop, tmp_path: Path) -> None:
    done = run("--address", ADDRESS)
    key = fingerprint(make_key(tmp_path / "workshop"))
    assert done.exit_code == 0, done.output
    assert "10 cards on 2 sheets" in done.output
    assert not [seat for seat in workshop.seats if seat.code in done.output]
    for suffix in ("pdf", "html"):
        file = tmp_path / "workshop" / "cards" / f"cards.{suffix}"
        assert file.stat().st_mode & 0o777 == 0o600
        assert str(file) in done.output
    page = (tmp_path / "workshop" / "cards" / "cards.html").read_text()
    assert key in page
    assert "07 prompts and experiments" in page
    assert "note:" not in done.output


def test_the_command_says_when_attendees_cannot_open_the_address(workshop: Workshop, tmp_path: Path) -> None:
    done = run("--address", "http://127.0.0.1:8000", "--out", str(tmp_path / "out"))
    assert "note: The cards say http://127.0.0.1:8000, which attendees' machines do not reach" in done.output
    for host in ("0.0.0.0", "localhost", "[::1]", "[::]"):  # nobody listens
        assert opens_only_here(f"http://{host}:8000")
    assert not opens_only_here(ADDRESS)
    assert not opens_only_here(LONG)
    assert "Serve it (gateway-kit workshop serve)" in run().output
    joined = run("--join", "--out", str(tmp_path / "out"))
    assert joined.exit_code == 0
    assert "note: Results go to http://127.0.0.1:3001" in joined.output
    assert (tmp_path / "out" / "join-cards.pdf").exists()


def test_the_command_prints_the_bundles_checksum_on_the_cards(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "make bundle" in run("--join", "--bundle", "http://10.0.0.1:8008").output
    (tmp_path / "out").mkdir()
    archive = tmp_path / "out" / "gateway-kit-1.tar"
    archive.write_bytes(b"an archive")
    assert run("--join", "--bundle", "http://10.0.0.1:8008").exit_code == 0
    assert bundle.checksum(archive) in (tmp_path / "workshop" / "cards" / "join-cards.html").read_text()
    assert "--bundle 'x' is no address" in run("--join", "--bundle", "x").output
