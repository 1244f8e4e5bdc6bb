"""`make screenshots` leaves no page out."""

from __future__ import annotations

from tests.support.every_page import PAGES
from tools import screenshots, shown


def test_pictures_are_taken_of_every_page(app):
    with app.app_context():
        facts = shown.fill()
    assert set(PAGES) - {shot.name for shot in screenshots.pages(app, facts)} == set()


def test_what_the_readme_shows_is_among_them_and_small():
    readme = (screenshots.ROOT / "README.md").read_text()
    for name, of, *_ in screenshots.README:
        assert of in PAGES
        assert f"docs/images/{name}.webp" in readme
        assert (screenshots.IMAGES / f"{name}.webp").stat().st_size < 100_000
