"""Builds the book: a static site of the executed lessons, the facilitator's guide, the glossary and the reference.

    python -m tools.book out/book                         # `make book`
    python -m tools.book out/reference --without-outputs  # `make docs`: the same pages, lessons as stored

The pages are written to a folder beside the site (`out/.book`), from which Sphinx builds it. Nothing is executed.
"""
