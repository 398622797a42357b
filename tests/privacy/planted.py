"""What a scan must find: things that belong to nobody, in twelve formats and three languages.

Addresses at example.com, numbers of films (555-01xx, the Bundesnetzagentur's and Arcep's drama numbers), the IBANs and
ids of the registries' own examples, cards of payment providers' test modes, the cancelled SSN 078-05-1120.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sitegen.shapes import PrivateKind

NAMES = ("Jane Roe", "Erika Mustermann", "Max Mustermann", "Camille Exemple")


@dataclass(frozen=True)
class Item:
    """One thing, with the words that usually stand before it."""

    language: str
    kind: PrivateKind
    label: str
    value: str


def _items(language: str, *rows: tuple[PrivateKind, str, str]) -> tuple[Item, ...]:
    return tuple(Item(language, *row) for row in rows)


ITEMS = (
    *_items(
        "en",
        ("email", "", "jane.doe@example.com"),
        ("email", "E-mail:", "j_doe+news@mail.example.org"),
        ("email", "write to", "jane.doe (at) example (dot) com"),
        ("phone", "", "(212) 555-0147"),
        ("phone", "call", "+1 202-555-0173"),
        ("phone", "Phone:", "020 7946 0958"),
        ("phone", "Cell:", "555-0142"),
        ("phone", "", "1-800-555-0199"),
        ("iban", "IBAN", "GB29 NWBK 6016 1331 9268 19"),
        ("iban", "account", "GB82WEST12345698765432"),
        ("card", "card", "4111 1111 1111 1111"),
        ("card", "", "5555-5555-5555-4444"),
        ("card", "Amex", "378282246310005"),
        ("id", "", "078-05-1120"),
        ("id", "SSN:", "987654329"),
        ("id", "NI number", "QQ 12 34 56 C"),
        ("id", "NHS number", "943 476 5919"),
        ("id", "passport no.", "012345678"),
        ("credential", "", "AKIA" + "IOSFODNN7EXAMPLE"),
        ("credential", "Password:", "Tr0ub4dor&3"),
        ("credential", "token", "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345"),
        ("address", "", "1600 Sample Street, Springfield, IL 62701"),
        ("address", "lives at", "221B Baker Street, London NW1 6XE"),
        ("address", "", "742 Evergreen Terrace"),
        ("address", "", "P.O. Box 1234, Anytown, NY 12345"),
        ("address", "at", "350 5th Ave, New York, NY 10118"),
        ("birth", "born on", "14 February 1985"),
        ("birth", "DOB:", "02/14/1985"),
        ("birth", "Date of birth:", "March 3, 1979"),
        ("name", "", "Jane Roe"),
        ("name", "", "Roe, Jane"),
    ),
    *_items(
        "de",
        ("email", "", "erika.mustermann@example.com"),
        ("email", "E-Mail:", "max [at] example [punkt] org"),
        ("phone", "", "030 23125 014"),
        ("phone", "Tel.:", "+49 (0)69 90009-123"),
        ("phone", "Mobil:", "0171/3920012"),
        ("phone", "", "(0221) 4710 123"),
        ("phone", "Telefax", "040/66969-45"),
        ("iban", "IBAN:", "DE89 3704 0044 0532 0130 00"),
        ("iban", "", "DE02120300000000202051"),
        ("iban", "Konto", "AT61 1904 3002 3457 3201"),
        ("card", "Kreditkarte", "4242 4242 4242 4242"),
        ("id", "", "86 095 742 719"),
        ("id", "Steuer-ID:", "47036892816"),
        ("id", "Rentenversicherung", "15 070649 C 103"),
        ("id", "Personalausweis Nr.", "L01X00T471"),
        ("id", "AHV", "756.9217.0769.85"),
        ("id", "SVNR", "1237 010180"),
        ("credential", "Passwort:", "Sommer2024!"),
        ("credential", "Kennwort lautet", "gh7-Tr3ppe"),
        ("credential", "", "https://sicherung:gehe1m@dateien.example.com/"),
        ("address", "", "Musterstraße 12, 12345 Musterstadt"),
        ("address", "wohnhaft", "Hauptstr. 5a"),
        ("address", "", "Am Alten Markt 7, 50667 Köln"),
        ("address", "", "Postfach 10 20 30, 60001 Frankfurt"),
        ("address", "", "Lange Straße 3-5"),
        ("address", "", "Ahornweg 3, 8010 Graz"),
        ("birth", "geb. am", "12.03.1980"),
        ("birth", "geboren am", "3. Mai 1975"),
        ("birth", "Geburtsdatum:", "01.02.1990"),
        ("birth", "", "*24.12.1968"),
        ("name", "Frau", "Erika Mustermann"),
        ("name", "", "Mustermann, Max"),
    ),
    *_items(
        "fr",
        ("email", "", "camille.exemple@example.com"),
        ("email", "Courriel :", "c.exemple [arobase] example.net"),
        ("phone", "", "01 99 00 12 34"),
        ("phone", "Tél. :", "+33 (0)4 65 71 12 34"),
        ("phone", "", "05.36.49.12.34"),
        ("phone", "portable", "06 39 98 12 34"),
        ("phone", "", "+33 2 61 91 00 12"),
        ("iban", "IBAN", "FR14 2004 1010 0505 0001 3M02 606"),
        ("iban", "", "BE68 5390 0754 7034"),
        ("card", "carte", "5105 1051 0510 5100"),
        ("card", "", "4012888888881881"),
        ("id", "NIR", "2 95 10 99 126 111 93"),
        ("id", "sécurité sociale :", "295109912611193"),
        ("id", "numéro fiscal", "3023217600053"),
        ("id", "passeport n°", "12AB34567"),
        ("credential", "mot de passe :", "Soleil#44"),
        ("credential", "", "eyJhbGciOiJIUzI1NiJ9" + ".eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9"),
        ("address", "", "12 rue de la Paix, 75002 Paris"),
        ("address", "demeurant", "3 bis avenue Victor-Hugo"),
        ("address", "", "45, boulevard Saint-Michel"),
        ("address", "", "BP 123, 44000 Nantes"),
        ("address", "", "7 impasse des Lilas"),
        ("birth", "née le", "7 juillet 1962"),
        ("birth", "né le", "01/02/1970"),
        ("birth", "Date de naissance :", "12.05.1988"),
        ("name", "Mme", "Camille Exemple"),
        ("name", "", "EXEMPLE Camille"),
    ),
    *_items(
        "en",
        ("email", "reach her on", "mary-ann.oneil@sub.example.co.uk"),
        ("email", "cc", "<J.Smith@EXAMPLE.COM>"),
        ("email", "", "bob_at_home@example.com"),
        ("phone", "Tel", "0131 496 0123"),
        ("phone", "Mobile number:", "07700 900461"),
        ("phone", "ring", "(020) 7946 0321"),
        ("phone", "", "212.555.0188"),
        ("phone", "Fax no.", "+44 (0)20 7946 0100"),
        ("phone", "", "+1 (303) 555-0111"),
        ("phone", "telephone", "303 555 0160"),
        ("phone", "ext:", "+44 1632 960983"),
        ("iban", "IBAN:", "IE29AIBK93115212345678"),
        ("iban", "pay to", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
        ("card", "Visa", "4000056655665556"),
        ("card", "", "3782 822463 10005"),
        ("card", "charged to", "6011 1111 1111 1117"),
        ("id", "Social Security Number", "078 05 1120"),
        ("id", "SIN", "123 456 782"),
        ("id", "N.I.", "QQ123456C"),
        ("id", "driving licence", "MORGA657054SM9IJ"),
        ("credential", "api_key =", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
        ("credential", "pw:", "Winter#19x"),
        ("credential", "The password is", "correct-Horse9"),
        ("credential", "", "-----BEGIN OPENSSH PRIVATE KEY-----"),
        ("address", "of", "14 Acacia Avenue, Leeds LS1 4AP"),
        ("address", "", "1 Infinite Loop, Springfield, CA 95014"),
        ("address", "", "Flat 3, 27 Sample Road, Bristol"),
        ("address", "", "5500 N. Example Blvd., Suite 210"),
        ("address", "", "PO Box 77, London SW1A 1AA"),
        ("address", "", "10 Downing Street"),
        ("address", "", "2 High Street"),
        ("birth", "was born in Leeds on", "3rd of May 1971"),
        ("birth", "D.O.B.", "1979-03-14"),
        ("birth", "(born", "Feb 2, 1960"),
        ("birth", "b.", "12 May 1950"),
        ("name", "", "JANE ROE"),
        ("name", "signed by", "Jane Roe’s")),
    *_items(
        "de",
        ("email", "Mail an", "m.muster@post.example.com"),
        ("email", "", "erika(at)example.com"),
        ("phone", "Telefonnummer:", "0171 39200-55"),
        ("phone", "", "+49 171 3920031"),
        ("phone", "", "0049 30 23125999"),
        ("phone", "erreichbar unter", "030/23125-777"),
        ("phone", "Tel. privat", "(030) 23 12 54 32"),
        ("phone", "Handynummer", "0152-28817386"),
        ("phone", "", "044 668 18 00"),
        ("phone", "", "+43 1 58858 123"),
        ("iban", "", "CH93 0076 2011 6238 5295 7"),
        ("iban", "Bankverbindung:", "DE75512108001245126199"),
        ("card", "", "5200 8282 8282 8210"),
        ("id", "IdNr.", "86 095 742 719"),
        ("id", "Versicherungsnr.", "65170839J003"),
        ("id", "", "756 9217 0769 85"),
        ("id", "Reisepass", "C01X0006H1"),
        ("id", "Führerschein Nr.", "B072RRE2I55"),
        ("credential", "PIN", "4711"),
        ("credential", "Zugangsdaten: Passwort", "xY7!pq"),
        ("credential", "WLAN-Schlüssel:", "Hund3hutte99"),
        ("address", "", "An der Kirche 4, 21335 Lüneburg"),
        ("address", "", "Karl-Marx-Allee 34, 10178 Berlin"),
        ("address", "", "Bahnhofstraße 7"),
        ("address", "", "Straße des 17. Juni 135, 10623 Berlin"),
        ("address", "", "Goethestr.12b"),
        ("address", "", "Mozartgasse 4, 1040 Wien"),
        ("address", "", "Dorfstrasse 8, CH-8001 Zürich"),
        ("address", "", "Rosenweg 11 37073 Göttingen"),
        ("address", "", "Schloßplatz 1"),
        ("birth", "geboren wurde sie am", "5.6.1949"),
        ("birth", "Geb.-Datum", "07.08.1991"),
        ("birth", "geb.", "4. Jänner 1988"),
        ("birth", "Geburtstag:", "9. Dez. 1977"),
        ("name", "Herrn", "Max Mustermanns")),
    *_items(
        "fr",
        ("email", "écrire à", "prenom.nom@service.example.fr"),
        ("email", "", "jean-luc@example.org"),
        ("phone", "Téléphone", "03 53 01 22 11"),
        ("phone", "", "+33261910045"),
        ("phone", "Fax :", "04.65.71.00.10"),
        ("phone", "au", "0199001234"),
        ("phone", "", "00 33 5 36 49 00 77"),
        ("phone", "Tél", "+32 2 555 12 12"),
        ("phone", "", "(+33) 01 99 00 45 67"),
        ("iban", "RIB", "FR7630006000011234567890189"),
        ("iban", "", "LU28 0019 4006 4475 0000"),
        ("card", "CB", "4978 1000 0000 0008"),
        ("id", "N° de sécurité sociale", "1 85 05 78 006 084 91"),
        ("id", "n° SS", "2 69 05 49 588 157 80"),
        ("id", "carte d'identité", "880692310285"),
        ("id", "registre national", "85.07.30-033.28"),
        ("credential", "Le mot de passe est", "Lune-2024x"),
        ("credential", "code secret", "8891"),
        ("credential", "clé API :", "sk_live_" + "51H8abcdefghijklmnopqrst"),
        ("address", "", "18, rue du Faubourg-Saint-Honoré, 75008 Paris"),
        ("address", "", "1 place de l'Hôtel de Ville"),
        ("address", "", "25 av. Jean Jaurès, 69007 Lyon"),
        ("address", "", "RUE DES ÉCOLES 5"),
        ("address", "", "route de Genève 12, 1003 Lausanne"),
        ("address", "", "14 allée des Tilleuls"),
        ("address", "", "6 quai de la Gare, 75013 Paris"),
        ("address", "", "2 chemin du Moulin"),
        ("birth", "né à Lyon le", "14 juil. 1955"),
        ("birth", "naissance :", "03-04-1999"),
        ("birth", "née le", "1er mars 1944"),
        ("birth", "nés le", "12/12/2001"),
        ("name", "", "Exemple, Camille"))

)  # fmt: skip

_SENTENCES = {
    "en": ("The council noted that {} was given in the letter of 12 March 2024.", "Contact"),
    "de": ("Der Ausschuss hielt fest, dass {} im Schreiben vom 12. März 2024 steht.", "Kontakt"),
    "fr": ("Le conseil a noté que {} figure dans la lettre du 12 mars 2024.", "Contact"),
}
_HEAD = "---\ntitle: Weir bridge\nstatus: published\nsource: folder:a.txt\n{}---\n\n{}\n"


def _body(text: str) -> str:
    return _HEAD.format("", text)


def _phrase(item: Item, value: str | None = None) -> str:
    return f"{item.label} {value or item.value}".strip()


def _said(item: Item, phrase: str) -> str:
    return _SENTENCES[item.language][0].format(phrase)


def _prose(item: Item) -> tuple[str, str]:
    return _body(_said(item, _phrase(item))), item.value


def _list(item: Item) -> tuple[str, str]:
    return _body(f"- one\n- {_phrase(item)}\n- two"), item.value


def _table(item: Item) -> tuple[str, str]:
    rows = (
        f"| {_SENTENCES[item.language][1]} | | |\n| --- | --- | --- |\n| x | {item.label} | {item.value} |\n| y | | 1 |"
    )
    return _body(rows), item.value


def _quotation(item: Item) -> tuple[str, str]:
    return _body(f"- A point.\n\n  > “{_said(item, _phrase(item))}” — Page 2"), item.value


def _heading(item: Item) -> tuple[str, str]:
    return _body(f"## {_phrase(item)}\n\nText."), item.value


def _field(item: Item) -> tuple[str, str]:
    quoted = _said(item, _phrase(item)).replace("'", "''")
    return _HEAD.format(f"summary: '{quoted}'\n", "Text."), item.value.replace("'", "''")


def _block(item: Item) -> tuple[str, str]:
    return _HEAD.format(f"extra:\n  note: >-\n    {_said(item, _phrase(item))}\n    And more.\n", "Text."), item.value


def _link(item: Item) -> tuple[str, str]:
    return _body(f"See [{_phrase(item)}](/about/) and [the other](https://example.net/x?y=1)."), item.value


def _bold(item: Item) -> tuple[str, str]:
    return _body(f"{item.label} **{item.value}**, 2024.".strip()), item.value


def _code(item: Item) -> tuple[str, str]:
    return _body(f"```\n{_phrase(item)}\n```"), item.value


def _entities(item: Item) -> tuple[str, str]:
    value = "".join(f"&#{ord(char)};" if char in "@.-/:" else char for char in item.value)
    return _body(_said(item, _phrase(item, value))), value


def _typographic(item: Item) -> tuple[str, str]:
    value = item.value.replace(" ", "\u00a0").replace("-", "\u2011")
    return _body(_said(item, _phrase(item, value))), value


FORMATS: dict[str, Callable[[Item], tuple[str, str]]] = {
    "prose": _prose,
    "list": _list,
    "table": _table,
    "quotation": _quotation,
    "heading": _heading,
    "front matter": _field,
    "front matter, folded": _block,
    "link": _link,
    "bold": _bold,
    "code": _code,
    "entities": _entities,
    "typographic": _typographic,
}
"""Format → a brief with the item in it, and the item as it stands there."""


def planted() -> Iterator[tuple[Item, str, str, int, int]]:
    """Item, format, text of the file, start and end of what must be found."""
    for item in ITEMS:
        for name, plant in FORMATS.items():
            text, written = plant(item)
            start = text.rindex(written)
            yield item, name, text, start, start + len(written)
