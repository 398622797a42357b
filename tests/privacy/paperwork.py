"""A second labelled set: whole papers as offices have them, with 295 values in them.

``PAPERS`` were written without a look at the rules of the scan, which missed 58 of their 224 values (25.9 %) then.
``HELD_OUT`` were written after the rules had been mended for those: the old ones missed 19 of its 70 (27.1 %), the
mended ones 11 (15.7 %). After that the rules were mended for them as well, so that neither set says how much is missed of what
nobody has thought of; the figures above do.

In each paper a private value stands between ``⟦kind|`` and ``⟧``; all else in it is none. Values belong to nobody:
addresses at example.com and its kin, numbers reserved for films, the examples of registries and payment providers,
streets and towns that are made up or too common to be anybody's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

NAMES = (
    "Jane Roe",
    "John Q. Public",
    "Erika Mustermann",
    "Otto Normalverbraucher",
    "Camille Exemple",
    "Jean Dupont-Exemple",
)
"""What the site's list of names says."""


class Planted(NamedTuple):
    """One value in a paper without its marks."""

    kind: str
    start: int
    end: int


PAPERS: dict[str, str] = {
    # ------------------------------------------------------------------------------------------------ e-mail headers
    "en e-mail": """\
Return-Path: <⟦email|bounce-114@lists.example.net⟧>
From: "⟦name|Roe, Jane⟧" <⟦email|j.roe@example.com⟧>
To: ⟦email|planning.team+bridge@example.org⟧; ⟦email|O'Brien_K@example.com⟧
Cc: <⟦email|kit@mail.county.example⟧>
Date: Tue, 3 Mar 2026 09:12:44 +0100
Message-ID: 20260303091244
Subject: RE: weir bridge, load limit 7.5 t

Hi Kit,

my direct line is ⟦phone|01632 960 128⟧ (mob ⟦phone|07700-900-215⟧). If it is urgent please ring ⟦phone|+44 7700 900 733⟧
after 17:00. The report has 114 pages; section 4.2 is what you want.

⟦name|Jane Roe⟧
Tel: ⟦phone|+1-303-555-0199⟧ x 12
""",
    "de e-mail": """\
Von: ⟦name|Erika Mustermann⟧ [mailto:⟦email|erika_mustermann@stadt.example⟧]
Gesendet: Dienstag, 3. März 2026 09:12
An: '⟦email|bauamt-2@example.de⟧'
Betreff: AW: Wehrbrücke, Az. 61-2026/114

Guten Morgen,

Sie erreichen mich unter ⟦phone|0171 39200 12⟧ oder im Büro (⟦phone|030/23125-118⟧, Durchwahl 118).
Ich war vom 12.03.2026 bis 15.03.2026 nicht im Haus.

Mit freundlichen Grüßen
i. A. ⟦name|E. Mustermann⟧
Handy: ⟦phone|+49 176 04069 012⟧ · Fax: ⟦phone|+49 (30) 23125 - 119⟧
""",
    "fr e-mail": """\
De : ⟦name|Camille Exemple⟧ <⟦email|camille.exemple@mairie.example⟧>
À : ⟦email|urbanisme@example.fr⟧, ⟦email|jd-exemple@example.org⟧
Envoyé : mardi 3 mars 2026 09:12
Objet : TR: passerelle du moulin

Bonjour,

Vous pouvez me joindre au ⟦phone|06.39.98.41.07⟧ ou sur ma ligne directe ⟦phone|01 99 00 27 31⟧.
Réf. : 2026-114-B, 12 pages.

⟦name|Camille EXEMPLE⟧
Portable : ⟦phone|+33 6 39 98 55 20⟧
""",
    # --------------------------------------------------------------------------------------------------- letterheads
    "de letterhead": """\
Stadtwerke Musterstadt GmbH · Postfach 1234 · 12345 Musterstadt

Frau
⟦name|Erika Mustermann⟧
⟦address|Lindenallee 17 b⟧
⟦address|12345 Musterstadt⟧

Ihr Zeichen: EM/26    Unser Zeichen: SW-4711    Datum: 03.03.2026
Kundennummer: 2026 0042 17

Sehr geehrte Frau ⟦name|Mustermann, Erika⟧,

wir buchen den Betrag von 412,50 EUR von Ihrem Konto ⟦iban|DE75 5121 0800 1245 1261 99⟧ (BIC SOGEDEFF) ab.
Gläubiger-ID: DE98ZZZ09999999999

Rückfragen: ⟦phone|0221 4710-250⟧ oder ⟦email|service.em@stadtwerke.example⟧
""",
    "en letterhead": """\
                                                   ⟦name|John Q. Public⟧
                                                   ⟦address|48 Orchard Lane⟧
                                                   Sampletown
                                                   ⟦address|Leeds LS6 2AB⟧
                                                   ⟦phone|0113 496 0204⟧
                                                   3 March 2026

Dear Councillor,

Planning application 26/00412/FUL. I have lived at ⟦address|7a St. Mary's Close, Bath BA1 5TT⟧ since 1998.
Please write to ⟦address|PO Box 2291, Bristol BS99 7XZ⟧.
""",
    "fr letterhead": """\
⟦name|Jean Dupont-Exemple⟧
⟦address|8 ter, rue des Trois-Frères⟧
⟦address|69003 LYON⟧
Tél. dom. ⟦phone|04 65 71 33 08⟧

                              Mairie de Sampleville
                              Place de la République

Sampleville, le 3 mars 2026

Objet : permis de construire n° 069 123 26 00042

Madame, Monsieur,

Le dossier est arrivé à ma nouvelle adresse, ⟦address|112 boulevard du Maréchal-Exemple, 13008 Marseille⟧.
Vous trouverez mon RIB : ⟦iban|FR14 2004 1010 0505 0001 3M02 606⟧.
""",
    "en letterhead us": """\
PUBLIC, ROE & ASSOCIATES
⟦address|2200 Wilson Blvd, Suite 102⟧
⟦address|Arlington, VA 22201⟧
Office ⟦phone|(703) 555-0134⟧ | Toll-free ⟦phone|800.555.0172⟧ | ⟦email|intake@example-law.example⟧

Re: Docket No. 2026-CV-00412, hearing on 03/12/2026, Room 204

Our client, ⟦name|Jane Roe⟧ (DOB ⟦birth|04/12/1971⟧, SSN ⟦id|219-09-9999⟧), resides at
⟦address|1313 Mockingbird Ln Apt 4B⟧, Springfield. Exhibit 12 has 48 pages; section 1983 applies.
""",
    # --------------------------------------------------------------------------------------------------------- forms
    "de form": """\
Antrag auf Wohngeld                                             Blatt 1 von 4

1  Familienname, Vorname      ⟦name|Normalverbraucher, Otto⟧
2  Geburtsdatum               ⟦birth|24.12.1968⟧
3  Geburtsort                 Musterstadt
4  Straße, Hausnummer         ⟦address|An den Weiden 3⟧
5  PLZ, Ort                   ⟦address|12345 Musterstadt⟧
6  Telefon (freiwillig)       ⟦phone|089 99998-444⟧
7  E-Mail                     ⟦email|otto.n@example.com⟧
8  IBAN                       ⟦iban|DE89370400440532013000⟧
9  Steuer-Identifikationsnr.  ⟦id|65 929 970 489⟧
10 Sozialversicherungsnummer  ⟦id|15 070649 C 103⟧
11 Personalausweis            ⟦id|T22000129⟧
12 Anzahl Personen            4
13 Miete in EUR               1.250,00
""",
    "en form": """\
APPLICATION FOR A PARKING PERMIT                       Form PP-12 (rev. 01/2026)

Full name ............ ⟦name|JOHN Q. PUBLIC⟧
Date of birth ........ ⟦birth|31 January 1959⟧
Address .............. ⟦address|22 Bramble Way⟧
Postcode ............. ⟦address|EH3 9QG⟧
Daytime phone ........ ⟦phone|0131 496 0777⟧
Mobile ............... ⟦phone|07700 900 604⟧
National Insurance no. ⟦id|QQ 12 34 56 A⟧
Driving licence no. .. ⟦id|PUBLI501319JQ9XX⟧
Passport no. ......... ⟦id|925665416⟧
Vehicle registration . AB12 CDE
Card number .......... ⟦card|4000 0000 0000 0002⟧   Expires 12/28   CVC 123
Fee .................. GBP 48.00
""",
    "fr form": """\
DEMANDE D'INSCRIPTION SCOLAIRE 2026-2027                     Cerfa n° 12345*03

Nom : ⟦name|EXEMPLE⟧            Prénom : Camille
Né(e) le : ⟦birth|07/07/2014⟧ à : Sampleville (069)
Adresse : ⟦address|3, allée des Tilleuls, bât. C⟧
Code postal : ⟦address|33000⟧  Commune : Bordeaux
Téléphone du responsable : ⟦phone|0536490188⟧
Courriel : ⟦email|famille.exemple@example.fr⟧
N° de sécurité sociale : ⟦id|2 69 05 49 588 157 80⟧
N° allocataire : 0412345
Quotient familial : 812
""",
    "de form ticked": """\
[x] Ich bin einverstanden.   [ ] Ich bin nicht einverstanden.

Name des Kindes: ⟦name|Erika Mustermann⟧, geb. ⟦birth|2.2.2016⟧ in Musterstadt
Erziehungsberechtigte/r: tagsüber erreichbar: ⟦phone|0172 9925 904⟧
Krankenversichertennummer: ⟦id|A123456780⟧
Notfall-Tel. Oma: ⟦phone|0 30 / 23 12 56 01⟧
Lastschriftmandat, Kontoinhaber wie oben, IBAN: ⟦iban|AT61 1904 3002 3457 3201⟧
Klasse 3b, Raum 204, Beginn 8:15 Uhr
""",
    # ----------------------------------------------------------------------------------------------------- OCR noise
    "de noise": """\
Te1.: ⟦phone|O30 23125 - 661⟧      E-Mai1: ⟦email|max.muster @ example.de⟧
lBAN: ⟦iban|DE89 37O4 0044 0532 0130 00⟧
geboren arn ⟦birth|l2.03.1980⟧
wohnhaft Muster-
stadt, ⟦address|Garten-
straße 5⟧
Steuer-lD: ⟦id|86 095 742 7l9⟧
Pers.-Ausw.-Nr. ⟦id|LO1X00T471⟧
Aktenzeichen 61-2O26/114, Seite 3 von l2
""",
    "en noise": """\
Te1: ⟦phone|O20 7946 O958⟧
E—mail: ⟦email|jane . roe @ example . com⟧
D O B : ⟦birth|12 / 03 / 1980⟧
S.S.N. ⟦id|O78-05-112O⟧
Acct IBAN ⟦iban|GB29 NWBK 60l6 1331 9268 19⟧
Home : ⟦address|14 Acacia Aven ue⟧
Report page I2 of 48, 3 rnarch 2026
""",
    "fr noise": """\
Te1ephone : ⟦phone|O1 99 OO 44 18⟧
Né 1e ⟦birth|l4 ju1llet 1955⟧
⟦address|12 , rue de la Pa1x , 75OO2 Paris⟧
N° Secu : ⟦id|1 85 O5 78 006 084 9l⟧
""",
    "de wrapped": """\
Bitte überweisen Sie auf das Konto IBAN ⟦iban|DE89 3704
0044 0532 0130 00⟧. Rückfragen beantwortet Herr ⟦name|Otto
Normalverbraucher⟧ unter ⟦phone|+49 30
23125 770⟧ oder per Mail an ⟦email|otto.normal-
verbraucher@example.com⟧. Der Haushalt umfasst 4.126.400 Euro.
""",
    "en wrapped": """\
She gave her number as ⟦phone|(212)
555-0163⟧ and her address as ⟦address|1600 Sample
Street, Springfield, IL 62701⟧. The card was ⟦card|5105 1051
0510 5100⟧. The contract is worth USD 4,126,400 over 12 years.
""",
    # ---------------------------------------------------------------------------------------------------------- JSON
    "en json": """\
{
  "id": 20260303114,
  "applicant": {"name": "⟦name|Jane Roe⟧", "email": "⟦email|jane\\u002eroe@example.com⟧", "phone": "⟦phone|+13035550177⟧",
    "dob": "⟦birth|1971-04-12⟧", "ssn": "⟦id|219099999⟧",
    "address": {"street": "⟦address|500 Example Pkwy⟧", "zip": "62701"}},
  "payment": {"card_number": "⟦card|378734493671000⟧", "iban": "⟦iban|NL91ABNA0417164300⟧"},
  "api_key": "⟦credential|k9Zq3vT7pLw2Xs8Rb4Nd6Hy1⟧",
  "db": {"user": "permits", "password": "⟦credential|blue-Heron-77⟧"},
  "created": "2026-03-03T09:12:44Z", "total": 4126400, "version": "12.4.1"
}
""",
    "de json": """\
[{"Vorname":"Otto","Nachname":"Normalverbraucher","geburtsdatum":"⟦birth|24.12.1968⟧","telefon":"⟦phone|03023125044⟧",
"mobil":"⟦phone|004917139200044⟧","email":"⟦email|o.normal@example.de⟧","steuerId":"⟦id|65929970489⟧",
"anschrift":"⟦address|Lindenallee 17 b, 12345 Musterstadt⟧","kennwort":"⟦credential|Regen!bogen8⟧","vorgang":"61-2026/114"}]
""",
    "fr json": """\
{"nom": "Exemple", "date_naissance": "⟦birth|1962-07-07⟧", "tel": "⟦phone|0261910033⟧", "courriel": "⟦email|c_exemple@example.fr⟧",
 "nir": "⟦id|269054958815780⟧", "adresse": "⟦address|12 bis rue de la Paix 75002 Paris⟧", "motDePasse": "⟦credential|Lune&Soleil9⟧",
 "dossier": "2026-000114", "montant": 412500}
""",
    # ----------------------------------------------------------------------------------------------------------- CSV
    "de csv": """\
Nr;Name;Straße;PLZ;Ort;Telefon;E-Mail;Geburtsdatum;IBAN;Betrag
1;⟦name|Mustermann, Erika⟧;⟦address|Lindenallee 17⟧;12345;Musterstadt;⟦phone|030 23125 301⟧;⟦email|em@example.de⟧;⟦birth|12.03.1980⟧;⟦iban|DE02120300000000202051⟧;412,50
2;⟦name|Otto Normalverbraucher⟧;⟦address|Marktplatz 2⟧;12345;Musterstadt;⟦phone|0171/3920088⟧;⟦email|on@example.de⟧;⟦birth|24.12.1968⟧;⟦iban|CH9300762011623852957⟧;1.250,00
""",
    "en csv": """\
ref,name,phone,email,date_of_birth,address,amount
26/412,⟦name|Jane Roe⟧,⟦phone|212-555-0119⟧,⟦email|jroe@example.com⟧,⟦birth|1971-04-12⟧,"⟦address|1313 Mockingbird Lane, Springfield⟧",48.00
26/413,⟦name|"Public, John Q."⟧,⟦phone|2025550148⟧,⟦email|jqp@example.net⟧,⟦birth|1959-01-31⟧,"⟦address|22 Bramble Way⟧",1250.00
""",
    "fr csv": """\
nom;téléphone;courriel;né le;adresse;cp
⟦name|EXEMPLE Camille⟧;⟦phone|02 61 91 12 34⟧;⟦email|ce@example.fr⟧;⟦birth|07/07/1962⟧;⟦address|5 quai du Port⟧;13002
Martin;⟦phone|0639980144⟧;⟦email|m.martin@example.org⟧;⟦birth|01/02/1970⟧;⟦address|ZA des Pins, 4 rue Ampère⟧;44300
""",
    # -------------------------------------------------------------------------------------------------------- tables
    "en table": """\
| Contact | Role | Phone | Mail | Born |
| --- | --- | --- | --- | --- |
| ⟦name|Jane Roe⟧ | engineer | ⟦phone|0161 496 0333⟧ | ⟦email|jane.roe@example.co.uk⟧ | ⟦birth|12 April 1971⟧ |
| on duty | porter | ⟦phone|0808 157 0192⟧ | | |

| Bridge | Built | Load (t) | Cost |
| --- | --- | --- | --- |
| Weir | 1968 | 7.5 | EUR 412,500 |
""",
    "de table": """\
| Ansprechpartner | Durchwahl | Mobil | Geburtstag |
| --- | --- | --- | --- |
| ⟦name|Otto Normalverbraucher⟧ | -118 | ⟦phone|0171 39200 77⟧ | ⟦birth|24.12.1968⟧ |

| Haushaltsstelle | 2025 | 2026 |
| --- | --- | --- |
| 1.46400.54000 | 1.250.000 | 1.412.500 |
""",
    "fr table": """\
| Élu | Permanence | Tél. | Adresse |
| --- | --- | --- | --- |
| ⟦name|Camille Exemple⟧ | mardi 14 h | ⟦phone|03 53 01 40 41⟧ | ⟦address|6 place du Marché, 35000 Rennes⟧ |

| Exercice | Dépenses |
| --- | --- |
| 2026 | 4 126 400 € |
""",
    # --------------------------------------------------------------------------------------------- other kinds of text
    "en minutes": """\
Present: Cllr Adams, Cllr Brown. The Chair (⟦phone|tel. 01632 960444⟧) opened the meeting at 19:30. A resident,
⟦name|Jane Roe⟧ of ⟦address|31 Mill Street⟧, born ⟦birth|12 April 1971⟧, spoke for three minutes. The Wi-Fi password for the hall
is ⟦credential|heron-weir-1968⟧. The alarm code is ⟦credential|7419⟧. Resolved: 12 for, 3 against. Minute 114/26.
""",
    "de minutes": """\
Beginn 19:30 Uhr. Die Bürgerin ⟦name|Erika Mustermann⟧, Am Wehr, trug vor. Ihr Sohn (geb. am ⟦birth|2. Februar 2016⟧) gehe in die
Schule am ⟦address|Kirchplatz 4⟧. Das Passwort des WLANs lautet: ⟦credential|Reiher#1968⟧. Der Zugangscode zur Halle ist ⟦credential|7419⟧.
Beschluss 114/26: 12 Ja, 3 Nein. Kosten: 412.500 EUR, HhSt. 1.46400.54000.
""",
    "fr minutes": """\
La séance est ouverte à 19 h 30. Mme ⟦name|Camille Exemple⟧, née le ⟦birth|7 juillet 1962⟧ à Sampleville et domiciliée ⟦address|2 impasse du Moulin⟧,
prend la parole. Le mot de passe du wifi est ⟦credential|heron-1968⟧. Délibération n° 2026-114, 12 voix pour.
Paiement par carte ⟦card|4970 1051 8181 8183⟧ ou virement ⟦iban|BE71 0961 2345 6769⟧.
""",
    "en config": """\
# deploy.env, found in the attachment
DB_PASSWORD=⟦credential|s3cr3t-Weir-Bridge⟧
SMTP_URL=smtp://mailer:⟦credential|Pa55w0rdHeron⟧@mail.example.com:587
AWS_SECRET_ACCESS_KEY=⟦credential|wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧
GITHUB_TOKEN=⟦credential|ghp_016C7e42Rb4Nd6Hy1k9Zq3vT7pLw2Xs8Rb4N⟧
BUILD=2026.03.03-114
Authorization: Bearer ⟦credential|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwZXJtaXRzIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U⟧
""",
    "en chat": """\
[09:12] roe: my new cell is ⟦phone|720-555-0128⟧
[09:13] kit: thx. login for the archive: user weir / pass ⟦credential|Heron!1968⟧
[09:14] roe: or mail me: ⟦email|jane (dot) roe (at) example (dot) com⟧
[09:15] kit: room 204, 12 people, EUR 48
""",
    "de certificate": """\
Geburtsurkunde Nr. 114/1968
⟦name|Otto Normalverbraucher⟧, geboren am ⟦birth|vierundzwanzigsten Dezember 1968⟧, Standesamt Musterstadt.
Reisepass-Nr.: ⟦id|C01X00T47⟧ · AHV-Nr. ⟦id|756.1234.5678.97⟧ · Führerscheinnummer ⟦id|N1130AXW100⟧
Kartennummer (Visa): ⟦card|4242-4242-4242-4242⟧
""",
    "en bank": """\
Statement 3/2026          Sort code 60-16-13   Account ⟦iban|GB29 NWBK 6016 1331 9268 19⟧
03 MAR  CARD PAYMENT ⟦card|5555555555554444⟧   SAMPLE BOOKS     48.00
04 MAR  TRANSFER ⟦iban|IE29 AIBK 9311 5212 3456 78⟧  RENT         1,250.00
05 MAR  CHQ 000114                                           412.50
NHS No: ⟦id|943 476 5919⟧
""",
    "es it nl ids": """\
Carta d'identità / Codice fiscale: ⟦id|RSSMRA85T10A562S⟧
BSN: ⟦id|111222333⟧
PESEL ⟦id|44051401359⟧
NISS ⟦id|85.07.30-033.28⟧
Canada SIN: ⟦id|046 454 286⟧
IBANs: ⟦iban|ES91 2100 0418 4502 0005 1332⟧, ⟦iban|IT60X0542811101000000123456⟧, ⟦iban|PL61 1090 1014 0000 0712 1981 2874⟧
EAN 4006381333931, ISBN 978-3-16-148410-0, HRB 4711
""",
    "en html": """\
<p>Call <a href="tel:⟦phone|+12125550142⟧">us</a> or mail <a href="mailto:⟦email|help-desk2@example.com⟧">us</a>.</p>
<td>Home&nbsp;address</td><td>⟦address|9&nbsp;Elm&nbsp;Grove,&nbsp;Oxford&nbsp;OX4&nbsp;1ZZ⟧</td>
<!-- admin password: ⟦credential|t0p-Heron-9⟧ -->
""",
}

HELD_OUT: dict[str, str] = {
    "en invoice": """\
INVOICE 2026-0412                                     Ship to: ⟦name|Jane Roe⟧, ⟦address|77 Juniper Court, Dayton, OH 45402⟧
Attn. accounts payable, ⟦phone|937.555.0121⟧ / ⟦email|ap-jroe@example.com⟧
Qty 12   Unit 34.50   Total 414.00   VAT no. GB 123 4567 89
Remit to account ⟦iban|GB82 WEST 1234 5698 7654 32⟧ or card ending 4242. Order placed with card ⟦card|4000 0566 5566 5556⟧.
""",
    "en cv": """\
CURRICULUM VITAE
⟦name|Jane Roe⟧ — ⟦address|5 Harbour View, Cardiff CF10 5AL⟧ — ⟦phone|029 2018 0143⟧ — ⟦email|jane@roe.example⟧
Nationality: British. Birthday: ⟦birth|9 May 1984⟧. Driving licence: ⟦id|ROE99805094JQ9AA⟧
2008-2014 engineer, 2014- head of bridges (12 staff, GBP 4.1m)
""",
    "en ticket": """\
Ticket #20412: cannot log in
Reporter: ⟦email|k.obrien@council.example⟧ (callback ⟦phone|07700 900 987⟧ after 5pm)
> I reset it to ⟦credential|Spring-2026!⟧ but the portal says error 403. My temp password = ⟦credential|xK4-77-qw⟧
> session token: ⟦credential|sk_live_51H8abcdefghijklmnopqrst⟧
Resolved in build 2026.3.4.
""",
    "en register": """\
Surname      Forenames      D.O.B.        NI No.           Tel
ROE          Jane           ⟦birth|04/12/1971⟧    ⟦id|QQ123456B⟧        ⟦phone|01632960771⟧
PUBLIC       John           ⟦birth|31/01/1959⟧    ⟦id|QQ 65 43 21 C⟧    ⟦phone|01632 960 772⟧
""",
    "en yaml": """\
contact:
  owner: ⟦name|John Q. Public⟧
  phone_number: "⟦phone|+44 20 7946 0444⟧"
  e-mail: ⟦email|owner@weir.example⟧
  date-of-birth: ⟦birth|1959-01-31⟧
  home_address: ⟦address|3 Lock Cottages, Reading RG4 8BX⟧
smtp:
  password: ⟦credential|ducks&drakes12⟧
port: 8080
""",
    "de kuendigung": """\
⟦name|Otto Normalverbraucher⟧, ⟦address|Gerberstr. 12, 70178 Stuttgart⟧

Hiermit kündige ich den Vertrag 4711-0815. Die Erstattung überweisen Sie bitte auf ⟦iban|DE02 1203 0000 0000 2020 51⟧.
Telefonisch erreichbar abends: ⟦phone|0711 / 5530 - 112⟧, mobil ⟦phone|0176-040 690 33⟧. Geb.: ⟦birth|24. Dez. 1968⟧
""",
    "de personalbogen": """\
Name, Vorname: ⟦name|Mustermann, Erika⟧           Personal-Nr.: 20412
geb. am / in: ⟦birth|12.03.1980⟧ / Musterstadt    Konfession: -
Steuer-IdNr.: ⟦id|86095742719⟧                   RV-Nr.: ⟦id|65170839J003⟧
Krankenkasse: Sample BKK, KV-Nr. ⟦id|M123456789⟧
Privat: ⟦address|Am Mühlbach 9, 94032 Passau⟧, Tel. ⟦phone|(0851) 4710-99⟧, ⟦email|erika@mustermann.example⟧
Notruf im Haus: 112. Besoldung A 12, Stufe 8.
""",
    "de protokoll": """\
Der Zeuge, wohnhaft ⟦address|Kastanienweg 4⟧, Jahrgang 1968, gab seine Handynummer mit ⟦phone|0171 39200 91⟧ an. Er wies sich mit dem
Personalausweis ⟦id|L01X00T471⟧ aus. Das Kennwort für den Tresor sei ⟦credential|Amsel77!⟧. Az. 12 Js 412/26, Bl. 48 d. A.
""",
    "de liste": """\
Lfd.\tNachname\tVorname\tgeb.\tAnschrift\tFestnetz
1\t⟦name|Mustermann\tErika⟧\t⟦birth|12.03.80⟧\t⟦address|Lindenallee 17, 12345 Musterstadt⟧\t⟦phone|030 23125 407⟧
2\tMuster\tMax\t⟦birth|24.12.1968⟧\t⟦address|Ringstr. 3⟧\t⟦phone|040 66969 18⟧
""",
    "fr lettre": """\
⟦name|Camille Exemple⟧ - ⟦address|27, avenue des Cerisiers - 31000 Toulouse⟧ - ⟦phone|05 36 49 22 10⟧
Je soussignée, née à Sampleville le ⟦birth|7 juillet 1962⟧, titulaire du passeport ⟦id|12CD56789⟧, immatriculée à la sécurité
sociale sous le n° ⟦id|1 85 05 78 006 084 91⟧, demande le remboursement de 412,50 € sur mon compte ⟦iban|FR76 3000 6000 0112 3456 7890 189⟧.
Facture 2026/0412 du 03/03/2026.
""",
    "fr annuaire": """\
Nom ; Fonction ; Ligne directe ; Mobile ; Mél
⟦name|Exemple, Camille⟧ ; maire ; ⟦phone|01 99 00 18 18⟧ ; ⟦phone|06 39 98 77 00⟧ ; ⟦email|cexemple@ville.example⟧
standard ; accueil ; 3975 ; ;
""",
    "fr note": """\
Accès à la salle : digicode ⟦credential|27B84⟧, alarme : code ⟦credential|5390⟧. Wifi : mot de passe « ⟦credential|Cerise-2026⟧ ».
En cas d'absence, appeler Mme ⟦name|C. Exemple⟧ (⟦phone|07 00 12 34 56⟧) ou M. Durand au ⟦phone|+33 4 65 71 90 90⟧.
Réunion le 12/03/2026 à 14 h 30, salle 204.
""",
}

_MARK = re.compile(r"⟦(\w+)\|(.*?)⟧", re.DOTALL)


def paper(marked: str) -> tuple[str, list[Planted]]:
    """The text without the marks, and what is planted in it."""
    parts, planted, at, size = [], [], 0, 0
    for mark in _MARK.finditer(marked):
        parts += [marked[at : mark.start()], mark[2]]
        size += mark.start() - at
        planted.append(Planted(mark[1], size, size + len(mark[2])))
        size += len(mark[2])
        at = mark.end()
    return "".join([*parts, marked[at:]]), planted


def papers(chosen: Mapping[str, str] = PAPERS) -> Iterator[tuple[str, str, list[Planted]]]:
    """Language and format, text, what is planted."""
    for name, marked in chosen.items():
        yield name, *paper(marked)
