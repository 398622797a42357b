"""Cues: the words by which a reader, too, knows an important sentence, a dependent one and mere form."""

from __future__ import annotations

import re
from functools import cache

_DEPENDENT = {
    "en": "he she they it its his her their this these those that such however but and also moreover furthermore "
    "therefore thus hence then there consequently accordingly nevertheless nonetheless otherwise instead likewise "
    "similarly additionally besides yet so or nor still again meanwhile here both neither either former latter "
    "finally second secondly third thirdly conversely rather too one another others him them",
    "de": "er sie es ihr ihre ihren sein seine seinen dies diese dieser dieses diesem diesen das derselbe dieselbe "
    "dort dazu dabei damit daher deshalb darum dadurch davon dafür dagegen danach darauf darüber darin daran daraus "
    "deswegen demnach somit also aber auch außerdem ferner zudem jedoch doch dennoch trotzdem sondern und oder denn "
    "hierbei hierzu hierfür hiervon hier hieran so solche solcher solches letztere ersterer jener jene dann "
    "ebenso gleichwohl vielmehr nun dessen deren zweitens drittens schließlich",
    "fr": "il elle ils elles ce cet cette ces cela ceci ça celui celle ceux celles leur leurs son sa ses y en mais et "
    "ou or donc car ainsi aussi toutefois cependant pourtant néanmoins également ensuite puis alors enfin "
    "deuxièmement dès là ici outre autrement inversement certains certaines tel telle lequel laquelle lui eux "
    "d'autres c'est c'était celle-ci celui-ci ceux-ci",
}  # fmt: skip
_FAINT = {
    # Also the beginning of a sentence that stands alone: "It is proposed that", "Es wird festgestellt".
    "en": re.compile(
        r"(?:It (?:is|was|has been) \w+(?:ed|ible|able|ary|ant|ear|ely|ident) (?:that|to|for)\b|"
        r"There (?:is|are|was|were|will|shall)\b|That the\b)"
    ),
    "de": re.compile(r"(?:Es (?:wird|wurde|ist|gibt|besteht|sind|werden)\b|Das [A-ZÄÖÜ]|Sein[e]? [A-Z])"),
    "fr": re.compile(r"(?:Il (?:est|a été|sera|convient|faut|y a|appartient)\b|En (?:\d{4}|cas|application|vertu)\b)"),
}  # fmt: skip
_LEANING = {
    "en": re.compile(
        r"(?:\S+\s){1,4}(?:they|them|it|this|these|those|he|she|him|her|its|their|adds|also)\b|.*\bfollowing\b"
    ),
    "de": re.compile(
        r"(?:\S+\s){1,6}(?:sie|er|ihn|ihm|ihnen|dies|diese[rsnm]?|deren|dessen|auch)\b|"
        r"(?:\S+\s){0,3}(?:ist|war|wird|hält) das\b"
    ),
    "fr": re.compile(
        r"(?:\S+\s){1,4}(?:ils?|elles?|celui-ci|celle-ci|cela|ceci|ces|cette|cet|leurs?|lui|eux|aussi|également)\b|"
        r"\S+\s[ld]es? [a-z]+(?:ai|ons|ez|ent)\b"
    ),
}  # fmt: skip
_WEIGHTY = {
    "en": r"resolved?|decid\w+|decision|orders?|ordered|grant(?:s|ed)?|den(?:y|ies|ied)|conclud\w+|recommend\w*|"
    r"requir\w+|purpose|finds?|found|must|shall|agree[sd]?|approv\w+|reject\w*|request\w*|deadline|propos\w+|establish\w*|"
    r"authori[sz]\w+|prohibit\w*|total|costs?|summary|overall|because|increase[sd]?|decrease[sd]?|affirm\w*|dismiss\w*",
    "de": r"besch[lſs]+(?:ie(?:ß|ss)t|oss\w*|uss)|entsch\w+|empf[ei]\w+|beantrag\w+|bewillig\w+|genehmig\w+|"
    r"verpflicht\w+|muss|müssen|stellt\w* fest|ergibt|ergab|kostet|kosten|insgesamt|spätestens|bis zum|fordert|"
    r"verlangt|Anspruch|vereinbar\w+|verbiet\w+|untersag\w+|haftet|gilt|abgelehnt|zugestimmt|Ziel|Zweck|sperren|widersprech\w+",
    "fr": r"décid\w+|arrêt[ée]\w*|ordonn\w+|demand\w+|recommand\w+|conclu\w*|constat\w+|approuv\w+|rejet\w+|adopt\w+|"
    r"doi(?:t|vent)|oblig\w+|interdi\w+|autoris\w+|propos\w+|objet|objectif|total|coût\w*|au plus tard|avant le|"
    r"invit\w+|montant|accord\w*|attribu\w+|retenu\w*|permet\w*",
}  # fmt: skip
_SUMMARY_HEADING = re.compile(
    r"summary|abstract|overview|conclusion|key (?:findings|points)|at a glance|recommendation|decision|resolved|"
    r"order\b|zusammenfassung|kurzfassung|überblick|ergebnis|empfehlung|beschluss|fazit|tenor|"
    r"résumé|synthèse|conclusion|recommandation|décision|en bref|dispositif|l'essentiel",
    re.IGNORECASE,
)
_APPENDIX_HEADING = re.compile(
    r"references|bibliography|appendix|annex|acknowledg|further reading|contents|glossary|footnotes|endnotes|notes?$|"
    r"literatur|quellen|anhang|anlage|inhalt|verzeichnis|danksagung|glossar|fußnoten|"
    r"bibliographie|annexe|remerciements|sommaire|table des matières|glossaire|pièces jointes",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"\b(?:yours (?:sincerely|faithfully|truly)|sincerely|kind regards|i look forward|do not hesitate|please find|"
    r"please contact|for (?:further|more) information|all rights reserved|copyright|tel(?:ephone|efon|éphone)?\.?\s*:|"
    r"mit freundlichen grüßen|hochachtungsvoll|mit vorzüglicher|für rückfragen|stehen? ihnen|"
    r"veuillez agréer|je vous prie d'agréer|cordialement|salutations|l'expression de mes sentiments|"
    r"page intentionally left blank|see (?:also )?(?:table|figure|appendix|section|id\.)|"
    r"siehe (?:tabelle|abbildung|anlage)|pi[èe]ces? jointes?|enclosures?|anlagen?\s*:|copie à|copy to|kopie an|e-mail|"
    r"be it enacted|on brief for|amic(?:us|i) curiae|did not participate in the|heard in the \w+ court|"
    r"https?://|www\.|click|cliquez|isbn|issn|closed the sitting|it is so ordered)|©|\S@\w+\.",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"^(?:\[\d{1,3}\]|\d{1,3}\s+(?=See\b|Id\b)|Id\.|See\b|Cf\.|Ibid|Siehe\b|Voir\b|Note\b|Source\b|Quelle\b)"
)

_STREET = re.compile(r", [A-ZÀ-Þ][\w-]+(?: [\w-]+){0,2} \d{1,4}[a-z]?\.$")
_ASIDE = re.compile(
    r"^(?:My|Our|Mein|Meine|Unser|Unsere|Mon|Ma|Mes|Notre|Nos)\b|\b(?:asks?|asked|says?|said|adds?|added|states|replie[sd]|"
    r"answered|recalled|fragte?|sagte?|meinte?|beantragt|erwidert|répond|demande (?:si|pourquoi)|rappelle|s'étonne)\b"
)


@cache
def _dependents(language: str) -> frozenset[str]:
    if language in _DEPENDENT:
        return frozenset(_DEPENDENT[language].split())
    return frozenset(word for words in _DEPENDENT.values() for word in words.split())


@cache
def _weighty(language: str) -> re.Pattern[str] | None:
    return re.compile(rf"\b(?:{_WEIGHTY[language]})\b", re.IGNORECASE) if language in _WEIGHTY else None


def depends(text: str, language: str) -> float:
    """How far a sentence leans on the one before it: 0 stands alone, 1 cannot be understood without."""
    first = re.match(r"[\"'„“«‘(\s]*([^\W\d_]+(?:['’-][^\W\d_]+)*)", text)
    if first is None:
        return 0
    word = first[1].lower().replace("’", "'")
    if word not in _dependents(language):
        if language == "fr" and re.match(r"(?:c'|qu'|d'autre|l'un\b)", word):
            return 1
        return 0
    faint = _FAINT.get(language)
    return 0.35 if faint is not None and faint.match(text) else 1


def leans(text: str, language: str) -> bool:
    """Whether a pronoun near the beginning stands for something that an earlier sentence named."""
    pattern = _LEANING.get(language)
    return pattern is not None and bool(pattern.match(text))


def weight(text: str, language: str) -> int:
    """How many words of decision, finding, duty or cost stand in a sentence."""
    pattern = _weighty(language)
    return len(pattern.findall(text)) if pattern is not None else 0


def is_summary(heading: str) -> bool:
    """Whether a section under this heading sums the document up."""
    return len(heading) < 80 and bool(_SUMMARY_HEADING.search(heading))


def is_appendix(heading: str) -> bool:
    """Whether a section under this heading only serves the others."""
    return len(heading) < 80 and bool(_APPENDIX_HEADING.match(re.sub(r"^[\W\d]+", "", heading)))


def is_form(text: str) -> bool:
    """Whether a sentence is a greeting, an address, a pointer, a note or a legal line, and not content."""
    return bool(_FORM.search(text) or _NOTE.match(text) or _STREET.search(text))


def is_aside(text: str) -> bool:
    """Whether a sentence reports what somebody said or asked, or speaks of the writer's own: no lead for a brief."""
    return bool(_ASIDE.search(text[:80]))
