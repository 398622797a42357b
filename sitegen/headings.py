"""Headings: the words of a brief's body, by language: briefs are written with them, and sites know their parts so."""

from __future__ import annotations

HEADINGS = {
    "en": ("Key points", "Dates", "Amounts", "People", "Organisations", "Places", "Date", "Amount", "What", "Page"),
    "de": (
        "Das Wichtigste", "Termine und Daten", "Beträge", "Personen", "Organisationen", "Orte",
        "Datum", "Betrag", "Worum es geht", "Seite",
    ),
    "fr": (
        "Points clés", "Dates", "Montants", "Personnes", "Organisations", "Lieux",
        "Date", "Montant", "Objet", "Page",
    ),
}  # fmt: skip
"""The headings of points, dates, amounts, people, organisations and places; then the heads of tables, and "page"."""
