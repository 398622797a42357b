"""Every way in which sitegen can fail, each with a permanent code, an exit code and a remedy.

    SitegenError
    ├── SettingsError (exit 3)          SettingsMissing, SettingsUnreadable, SettingsInvalid, SecretMissing
    ├── SourceError (exit 4)            SourceUnreachable, SourceRefused, SourceForbidden, SourceWrongAddress,
    │                                   SourceFailing, SourceVersion, SourceAnswerInvalid, SourceTagMissing,
    │                                   SourceUntrusted, SourceFolderMissing, SourceMetadataInvalid,
    │                                   DocumentUnreadable, DocumentMissing, DocumentDeadly
    ├── EngineError (exit 5)            EngineUnreachable, ModelMissing, EngineBusy, AnswerUnfinished, AnswerInvalid,
    │                                   ContextExceeded, CloudModelRefused, EngineFailing, EngineRejected,
    │                                   ModelDiffers, PromptBroken
    ├── ContentError (exit 1)           AltMissing, HeadingSkipped, FileUnused, ProvenanceUnclaimed,
    │                                   PageUnlinked, FrontMatterBroken, FrontMatterInvalid, FrontMatterDuplicateKey,
    │                                   FrontMatterUnclosed, SourceClaimedTwice, TextNotUtf8, BriefMissing,
    │                                   ProvenanceBroken, AddressTaken, BriefUnreadable, FormulaBroken,
    │                                   AttributesRefused, ShortcodeBroken, ShortcodeUnknown, ShortcodeFailed,
    │                                   ImageBroken, ImageTooLarge, ImageMisnamed, ImageForeign, ImageRevealing,
    │                                   DataBroken, ExtraInvalid, LanguageUnclear, TranslationTwice,
    │                                   AliasUnfit, RedirectTwice, RedirectHides, RedirectLoops, RedirectBroken,
    │                                   FieldNotSet, BriefChanged, ProposalMissing, FieldUnknown, BriefThere,
    │                                   PrivateFound, PrivateHeld, PrivateSuspected, AllowIdle, NamesMissing,
    │                                   MoveRefused, BriefNotApproved, MoveUndone, FindingMissing, UndoRefused
    ├── BuildError (exit 1)             TemplateBroken, ThemeMissing, OutputRefused, LinkBroken, EncoderMissing,
    │                                   ThemeBroken, AssetBroken, EarlierBuildUnusable, WordsBroken,
    │                                   SearchMissing, FontsMissing, SearchFailed, IdTwice, PluginBroken, RedirectsMany,
    │                                   LinkDead, LinkMoved, LinkUncertain, PrivateBuilt, ImageTelling, FileOpaque
    ├── StorageError (exit 1)           DiskFull, NotPermitted, PathEscapes, Locked, StateDamaged, FileFailed,
    │                                   BackupDamaged, BackupNewer, BackupSealed, BackupRefused, FleetTaken
    ├── ServeError (exit 1)             PortTaken, DeskRefused, FormRefused, DeskBusy, FieldRefused
    ├── PublishError (exit 1)           DeployRefused, HostUnreachable, HostRefused, HostLocked, DeployFailed,
    │                                   DeployMissing, DeployOvertaken, SmokeMissing, BrowserMissing,
    │                                   GitMissing, GitRefused, GitFailed
    ├── ConditionBroken (exit 2), FileThere (exit 2), ArchetypeBroken (exit 1), ExtraMissing (exit 3),
    ├── EvaluationEmpty (exit 1), ReferencesInvalid (exit 1),
    ├── FleetMissing (exit 1), BrokerUnreachable (exit 5), MessageRefused (exit 1),
    ├── SomeFailed (exit 6), ChecksFailed (exit 1), FolderNotEmpty (exit 2), Unexpected (exit 1)
    └── Several                         several problems of one kind of input, reported together

An error says what happened (``message``), where (``place``) and what to do next (``remedy``). The codes never change
their meaning; a retired code is never given again. ``docs/reference/errors.md`` is made from the docstrings here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar


class ExitCode:
    """What the process says to its caller. Documented in docs/reference/commands.md."""

    OK = 0
    PROBLEMS = 1
    USAGE = 2
    SETTINGS = 3
    SOURCE = 4
    ENGINE = 5
    SOME_FAILED = 6
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a file, an address, a document; with a line and column (from 1) when there is one."""

    name: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.name, self.line, self.column) if part is not None)


class SitegenError(Exception):
    """The base of all errors that sitegen raises on purpose."""

    code: ClassVar[str] = ""
    exit_code: ClassVar[int] = ExitCode.PROBLEMS
    default_remedy: ClassVar[str] = ""

    def __init__(self, message: str, *, place: Place | str | None = None, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.place = Place(place) if isinstance(place, str) else place
        self.remedy = self.default_remedy if remedy is None else remedy

    @property
    def problems(self) -> tuple[SitegenError, ...]:
        """The single problems behind this error; itself, unless it stands for several."""
        return (self,)

    def as_dict(self) -> dict[str, object]:
        """The error for ``--json``: code, message, place, remedy."""
        place = None if self.place is None else str(self.place)
        return {"code": self.code, "message": self.message, "place": place, "remedy": self.remedy}

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.message}"


class Several(SitegenError):
    """Several problems found in one go, so that all can be mended at once."""

    def __init__(self, problems: Sequence[SitegenError]) -> None:
        if not problems:
            raise ValueError("Several needs at least one problem")
        self._problems = tuple(found for problem in problems for found in problem.problems)
        super().__init__(f"{len(self._problems)} problems", remedy="")

    @property
    def problems(self) -> tuple[SitegenError, ...]:
        return self._problems

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # the worst of its members decides
        return max(problem.exit_code for problem in self._problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self._problems)


def raise_all(problems: Sequence[SitegenError]) -> None:
    """Raises nothing for no problem, the problem itself for one, ``Several`` for more."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Several(problems)


# ---------------------------------------------------------------------------------------------------------- settings


class SettingsError(SitegenError):
    """The settings cannot be used."""

    exit_code = ExitCode.SETTINGS


class SettingsMissing(SettingsError):
    """No sitegen.toml was found in this folder or any above it."""

    code = "SG101"
    default_remedy = "Run `sitegen init` to make a site here, or name the site's folder with `--site DIR`."


class SettingsUnreadable(SettingsError):
    """sitegen.toml is not TOML, or cannot be read."""

    code = "SG102"
    default_remedy = "Mend the line named above; https://toml.io shows the format on one page."


class SettingsInvalid(SettingsError):
    """A setting is unknown, has the wrong type or a value that is out of range."""

    code = "SG103"
    default_remedy = "See docs/reference/settings.md for every setting, its type and its default."


class SecretMissing(SettingsError):
    """A secret is needed that is neither in the environment nor in the file that the setting names."""

    code = "SG104"
    default_remedy = "Set the environment variable, or name a file that holds only the secret."


# ------------------------------------------------------------------------------------------------------------ sources


class SourceError(SitegenError):
    """The source of documents cannot be used."""

    exit_code = ExitCode.SOURCE


class SourceUnreachable(SourceError):
    """The source does not answer: no connection, a timeout, or an unknown host."""

    code = "SG201"
    default_remedy = "Check that Paperless runs and that `[source.paperless] url` is right; `sitegen doctor` tries it."


class SourceRefused(SourceError):
    """The source refused the token (HTTP 401)."""

    code = "SG202"
    default_remedy = (
        "Make a token in Paperless (My profile → API auth token) and put it into SITEGEN_SOURCE__PAPERLESS__TOKEN "
        "or the file that `[source.paperless] token_file` names."
    )


class SourceForbidden(SourceError):
    """The token is right but its user may not see documents (HTTP 403)."""

    code = "SG203"
    default_remedy = "Give the user view permission on documents, tags, correspondents and document types in Paperless."


class SourceWrongAddress(SourceError):
    """What answers is not the Paperless API: a redirect to a login page, HTML instead of JSON, or 404."""

    code = "SG204"
    default_remedy = (
        "Check `[source.paperless] url`: it is the address of Paperless itself, with its base path if it has "
        "one, and without /api. A login proxy in front of Paperless must let the API through."
    )


class SourceFailing(SourceError):
    """The source answered with a server error (HTTP 5xx) again and again."""

    code = "SG205"
    default_remedy = "Look at the Paperless log; run the same pull again later, it goes on where it stopped."


class SourceVersion(SourceError):
    """The source speaks no version of the API that sitegen knows (9 and 10)."""

    code = "SG206"
    default_remedy = "Update Paperless-ngx, or sitegen."


class SourceAnswerInvalid(SourceError):
    """The source answered with something that is not what its API promises."""

    code = "SG207"
    default_remedy = "Update Paperless-ngx and sitegen; if both are current, report the answer shown with --debug."


class SourceTagMissing(SourceError):
    """The tag that marks documents for publication does not exist in the source, or may not be seen."""

    code = "SG208"
    default_remedy = "Create the tag in Paperless, or set `[source.paperless] publish_tag` to one that exists."


class SourceUntrusted(SourceError):
    """The certificate of the source is not trusted."""

    code = "SG209"
    default_remedy = "Name the certificate authority's file in `[source.paperless] ca_file`."


class SourceFolderMissing(SourceError):
    """The folder of documents does not exist or cannot be listed."""

    code = "SG210"
    default_remedy = "Set `[source.folder] path` to a folder with text, Markdown or PDF files."


class DocumentUnreadable(SourceError):
    """One document cannot be read: a damaged PDF, an encrypted one, or a file without permission."""

    code = "SG211"
    default_remedy = "Mend or remove the file; the other documents are not affected."


class DocumentMissing(SourceError):
    """The document asked for is not in the source, or does not carry the tag for publication."""

    code = "SG212"
    default_remedy = "`sitegen pull --dry-run` lists the documents that can be pulled, with their REF."


class SourceMetadataInvalid(SourceError):
    """A line of metadata.jsonl is not JSON, has a wrong type, or names no file or one that another line names."""

    code = "SG213"
    default_remedy = "Mend the line named above; docs/guide/operators.md shows the fields."


class DocumentDeadly(SourceError):
    """The process ended, again and again, while it worked on this document."""

    code = "SG214"
    default_remedy = "Look at the document, and at the system's log for a lack of memory; then pull it by name."


# ------------------------------------------------------------------------------------------------------------ engines


class EngineError(SitegenError):
    """The engine cannot summarise."""

    exit_code = ExitCode.ENGINE
    spent: tuple[int, int, float] = (0, 0, 0.0)
    """Tokens of prompts and of answers, and seconds, that were spent all the same."""


class EngineUnreachable(EngineError):
    """No endpoint of the engine answers."""

    code = "SG301"
    default_remedy = (
        "Start the engine's server (`ollama serve`, say) and check its `endpoints` in sitegen.toml; `sitegen doctor` "
        "tries it."
    )


class ModelMissing(EngineError):
    """The engine does not have the model."""

    code = "SG302"
    default_remedy = "Get it with `ollama pull MODEL`, or set `[engine.ollama] model` to one that `ollama list` shows."


class EngineBusy(EngineError):
    """The engine's queue is full (HTTP 503)."""

    code = "SG303"
    default_remedy = "The document is tried again later; lower `[engine.ollama] slots` if this goes on."


class AnswerUnfinished(EngineError):
    """The engine's answer ended before it was complete."""

    code = "SG304"
    default_remedy = "The document is tried again; raise `[engine.ollama] num_predict` if the answer ran out of room."


class AnswerInvalid(EngineError):
    """The engine's answer is not the JSON that was asked for."""

    code = "SG305"
    default_remedy = "The document is tried again; if it goes on, use a larger model."


class ContextExceeded(EngineError):
    """The text sent was longer than the model's context."""

    code = "SG306"
    default_remedy = "Raise `[engine.ollama] num_ctx`, as far as the GPU's memory allows."

    def __init__(
        self,
        message: str,
        *,
        place: Place | str | None = None,
        remedy: str | None = None,
        prompt_tokens: int | None = None,
    ) -> None:
        super().__init__(message, place=place, remedy=remedy)
        self.prompt_tokens = prompt_tokens
        """How long the text sent was, when the server says it."""


class CloudModelRefused(EngineError):
    """The model runs on somebody else's computer; documents do not leave the house."""

    code = "SG307"
    default_remedy = "Choose a model that runs locally, and set OLLAMA_NO_CLOUD=1 on the Ollama service."


class EngineFailing(EngineError):
    """The engine reported an error of its own: out of memory, a crashed runner."""

    code = "SG308"
    default_remedy = "Look at the engine's log; a smaller model or `num_ctx` needs less memory."


class EngineRejected(EngineError):
    """The engine refused the request as wrong (HTTP 400)."""

    code = "SG309"
    default_remedy = "Update the engine; if it is current, report the message shown."


class ModelDiffers(EngineError):
    """The engine has another version of the model than the one that `digest` in the settings pins."""

    code = "SG320"
    default_remedy = (
        "To take the new version, set `digest` to what `sitegen doctor` shows without it, and renew briefs with "
        "`sitegen pull --refresh`. To stay, put the pinned one back, from a copy made with `ollama cp` say."
    )


class PromptBroken(EngineError):
    """A prompt of the site's own cannot be used."""

    code = "SG310"
    default_remedy = (
        "Mend the file, or remove it to have the prompt that comes with sitegen; `sitegen prompt show` prints that one."
    )


class EvaluationEmpty(SitegenError):
    """There is nothing to evaluate engines on."""

    code = "SG325"
    default_remedy = "Name a folder with text, Markdown or PDF files that hold text; a scan must go through OCR first."


class ReferencesInvalid(SitegenError):
    """A line of a file of references cannot be used."""

    code = "SG326"
    default_remedy = 'A line is a JSON object such as `{"id": "minutes.pdf", "references": ["What a person wrote."]}`.'


# ------------------------------------------------------------------------------------------------ content and briefs


class ContentError(SitegenError):
    """A page or brief cannot be used as it stands."""


class FrontMatterBroken(ContentError):
    """The front matter between the --- lines is not YAML."""

    code = "SG401"
    default_remedy = "Put values with a colon, a #, brackets or quotation marks into quotes."


class FrontMatterInvalid(ContentError):
    """A field of the front matter is unknown, or has the wrong type."""

    code = "SG402"
    default_remedy = "docs/guide/editors.md lists the fields and what may stand in them."


class FrontMatterDuplicateKey(ContentError):
    """A field stands twice in the front matter; neither is trusted."""

    code = "SG403"
    default_remedy = "Remove one of the two lines."


class FrontMatterUnclosed(ContentError):
    """The front matter begins with --- but no second --- ends it."""

    code = "SG404"
    default_remedy = "Add a line with only --- after the last field."


class SourceClaimedTwice(ContentError):
    """Two briefs name the same document in `source`."""

    code = "SG405"
    default_remedy = "Delete one of the two files, or give it another `source`."


class TextNotUtf8(ContentError):
    """The file is not UTF-8 text."""

    code = "SG406"
    default_remedy = "Save the file as UTF-8."


class AltMissing(ContentError):
    """An image has no text for those who cannot see it."""

    code = "SG435"
    default_remedy = (
        'Say what it shows: `![the bridge from the north](bridge.jpg)`; in a template, `alt=""` if nothing.'
    )


class HeadingSkipped(ContentError):
    """Headings skip a level, or a page has not just one of the first level; those who listen lose their way."""

    code = "SG436"
    default_remedy = "Begin with `##` in a text, and go down one level at a time."


class FileUnused(ContentError):
    """No page uses a file of content/ or static/, though it is published."""

    code = "SG437"
    default_remedy = "Link to it, or delete it."


class ProvenanceUnclaimed(ContentError):
    """A provenance record belongs to no brief."""

    code = "SG438"
    default_remedy = "Restore the brief with git, or delete the record when the brief was deleted on purpose."


class PageUnlinked(ContentError):
    """No other page links to a page, so that only those who know its address find it."""

    code = "SG439"
    default_remedy = "Link to it, or put it into the menu."


class BriefMissing(ContentError):
    """No brief matches the name given."""

    code = "SG407"
    default_remedy = "`sitegen brief list` shows all; a REF is a slug, a file name or a source such as paperless:12."


class ProvenanceBroken(ContentError):
    """A provenance record cannot be read."""

    code = "SG408"
    default_remedy = "Restore the file with git; it holds what the brief was made from."


class AddressTaken(ContentError):
    """Two pages would be written to the same address."""

    code = "SG409"
    default_remedy = "Give one of them another `slug`."


class BriefUnreadable(ContentError):
    """The file of a brief cannot be opened, so that its document waits."""

    code = "SG410"
    default_remedy = "Check the owner and mode of the file."


class LanguageUnclear(ContentError):
    """The name of a file ends with one language, and its front matter says another."""

    code = "SG430"
    default_remedy = "Rename the file, or change `language` in its front matter."


class TranslationTwice(ContentError):
    """Two pages are the same text in the same language."""

    code = "SG431"
    default_remedy = "Give one of them another `translation`, or correct its `language`."


class ImageBroken(ContentError):
    """An image is damaged, cut short, empty, or no image at all."""

    code = "SG420"
    default_remedy = "Open the image in a program that can still read it and save it anew, or take it off the page."


class ImageTooLarge(ContentError):
    """An image has more pixels than the settings allow."""

    code = "SG421"
    default_remedy = "Make the image smaller, or raise `[images] max_megapixels` if the machine has the memory."


class ImageMisnamed(ContentError):
    """The name of an image ends otherwise than its format wants."""

    code = "SG422"
    default_remedy = "Rename the file, and what refers to it."


class ImageForeign(ContentError):
    """An image has a format that most browsers do not show."""

    code = "SG423"
    default_remedy = "Save it as JPEG (photos) or PNG (drawings), and show that."


class ImageRevealing(ContentError):
    """An image may hold private data, such as the place where it was taken, that sitegen cannot remove."""

    code = "SG424"
    default_remedy = (
        "Save the image anew without metadata or move it out of the site; `[images] keep_metadata` publishes images "
        "with all that they hold."
    )


class BriefChanged(ContentError):
    """A brief's file was changed by somebody else while a decision about it was being made."""

    code = "SG442"
    default_remedy = "Look at the brief again with `sitegen brief diff`, and decide then."


class ProposalMissing(ContentError):
    """What was to be accepted or rejected is not proposed."""

    code = "SG443"
    default_remedy = "`sitegen brief diff REF` shows what is proposed; numbers begin anew after each decision."


class FieldUnknown(ContentError):
    """A field that was to be locked does not exist."""

    code = "SG444"
    default_remedy = "Name a field of the front matter, such as `title`, or `body` for the Markdown."


class BriefThere(ContentError):
    """A brief that was to be restored is there."""

    code = "SG445"
    default_remedy = "Nothing needs to be done; to make its text anew, use `sitegen brief regenerate`."


class FindingMissing(ContentError):
    """What was to be allowed, or not any more, is no finding of the privacy scan in that brief."""

    code = "SG446"
    default_remedy = "`sitegen brief show` tells the fingerprints of a brief, such as `phone-7kq2`."


class UndoRefused(ContentError):
    """A decision cannot be undone: there is none, or what it changed was changed again since."""

    code = "SG447"
    default_remedy = "`sitegen brief undo --list` tells what can be undone; git has what was committed."


class FieldNotSet(ContentError):
    """A field of a file's front matter can't be set without touching what an editor wrote around it."""

    code = "SG450"
    default_remedy = "Write the field by hand, in a line of its own: `field: value`."


class MoveRefused(ContentError):
    """A brief cannot go from the state that it is in to the one that was asked for. Nothing was changed."""

    code = "SG451"
    default_remedy = (
        "`sitegen brief list` shows the states; docs/guide/editors.md says what leads from one to the next."
    )


class BriefNotApproved(ContentError):
    """A brief was to be published whose words, as they are now, nobody has approved. Nothing was changed."""

    code = "SG452"
    default_remedy = "Read it, then `sitegen brief approve` it and publish it again; `--approve` does both at once."


class MoveUndone(ContentError):
    """A brief's file was changed by somebody else while several were given another state. All are as they were."""

    code = "SG453"
    default_remedy = "Look at what was changed, and run the command again."


class FormulaBroken(ContentError):
    """A formula of a page cannot be read; it is shown as it is written."""

    code = "SG411"
    default_remedy = (
        "Mend the LaTeX; docs/guide/markdown.md says what can be written. Without --strict it is a warning."
    )


class AttributesRefused(ContentError):
    """Attributes in braces set something else than a class or an id of their own; they are left out."""

    code = "SG412"
    default_remedy = "Write only {#id .class}, each id once. Without --strict it is only a warning."


class ShortcodeBroken(ContentError):
    """A shortcode of a page cannot be read."""

    code = "SG413"
    default_remedy = (
        'Write {{ name("text", width=3) }}, or {% name() %} and {% end %} on lines of their own around a body; a '
        "backslash before it, or code, shows it as text."
    )


class ShortcodeUnknown(ContentError):
    """A page uses a shortcode that neither the theme nor the site has."""

    code = "SG414"
    default_remedy = (
        "Make templates/shortcodes/NAME.html with a macro of that name; a backslash before {{ shows it as text."
    )


class ShortcodeFailed(ContentError):
    """A shortcode cannot be called as the page does it, or fails."""

    code = "SG415"
    default_remedy = "Look at the macro in templates/shortcodes/ for the arguments that it takes."


class DataBroken(ContentError):
    """A file of `data/` cannot be read, or cannot be told from another."""

    code = "SG440"
    default_remedy = "Mend the file at the line named above, or give it a name of its own."


class ExtraInvalid(ContentError):
    """The fields under `extra` are not what the collection's model asks for."""

    code = "SG441"
    default_remedy = "The model in plugins/ says which fields there are and of what type."


class AliasUnfit(ContentError):
    """A former address, in `aliases` or in the settings, is not one that this site can have, or leads nowhere."""

    code = "SG425"
    default_remedy = "Write it from the root of the site, as in `/old/name/`, without spaces, `?` and `#`."


class RedirectTwice(ContentError):
    """Two pages, or two lines of the settings, claim the same former address."""

    code = "SG426"
    default_remedy = "Leave it to one of them."


class RedirectHides(ContentError):
    """A former address is that of a page which is there, and which nobody could read any more."""

    code = "SG427"
    default_remedy = "Remove the former address, or give the page that is there another `slug`."


class RedirectLoops(ContentError):
    """Redirects lead in a circle."""

    code = "SG428"
    default_remedy = "Let one of them lead to a page."


class RedirectBroken(ContentError):
    """A redirect leads to an address where nothing is, or to one that is itself redirected."""

    code = "SG429"
    default_remedy = "Mend its `to`; without --strict it is only a warning."


# -------------------------------------------------------------------------------------------------------------- build


class BuildError(SitegenError):
    """The site cannot be rendered."""


class TemplateBroken(BuildError):
    """A template of the theme has an error, or uses something that is not there."""

    code = "SG501"
    default_remedy = "Mend the template at the line named above."


class SearchMissing(BuildError):
    """The settings ask for search, and Pagefind, which makes its index, is not installed."""

    code = "SG528"
    default_remedy = "Install it with `pip install 'sitegen[search]'`, or set `[search] enabled = \"off\"`."


class FontsMissing(BuildError):
    """The settings ask for the theme's own letters, and the packages that they are made from are not installed."""

    code = "SG536"
    default_remedy = "Install them with `pip install 'sitegen[fonts]'`, or set `[fonts] enabled = \"off\"`."


class SearchFailed(BuildError):
    """Pagefind could not make the index of the search."""

    code = "SG529"
    default_remedy = 'Read what it said; `[search] enabled = "off"` builds the site without search.'


class IdTwice(BuildError):
    """An id stands on two elements of one page, so that links to it and scripts find only the first."""

    code = "SG530"
    default_remedy = "Give one of the two another id; an id in a template must not be one that a heading makes."


class LinkDead(BuildError):
    """A page links to something on another server that is not there any more."""

    code = "SG531"
    default_remedy = "Find its new address, or an archived copy, or take the link out."


class LinkMoved(BuildError):
    """A page links to something on another server that has moved for good."""

    code = "SG532"
    default_remedy = "Write the new address."


class LinkUncertain(BuildError):
    """Another server did not let us know whether what a page links to is there."""

    code = "SG533"
    default_remedy = "Open it in a browser; `[check] ignore` leaves out servers that answer no programs."


class ThemeMissing(BuildError):
    """The theme that the settings name does not exist."""

    code = "SG502"
    default_remedy = "Set `[site] theme` to `continuum` or to a folder under themes/."


class OutputRefused(BuildError):
    """The output folder holds files that sitegen did not write, or is one of the site's own folders."""

    code = "SG503"
    default_remedy = "Choose an empty folder with `--output DIR`."


class LinkBroken(BuildError):
    """A page links to a page of this site that does not exist."""

    code = "SG504"
    default_remedy = "Mend the link; without --strict it is only a warning."


class WordsBroken(BuildError):
    """A file of a theme's words, `i18n/de.toml`, is not TOML, or holds something that is no string."""

    code = "SG525"
    default_remedy = "docs/guide/languages.md shows how strings and their plural forms are written."


class PluginBroken(BuildError):
    """A plugin of the site cannot be loaded, or failed."""

    code = "SG535"
    default_remedy = "Mend the plugin at the line named above, or take it out of `plugins` in sitegen.toml."


class EncoderMissing(BuildError):
    """The installed Pillow cannot write a format that the settings ask for."""

    code = "SG510"
    default_remedy = "Install Pillow 11.3 or later from its own wheels, or leave the format out of `[images] formats`."


class ThemeBroken(BuildError):
    """A theme.toml is wrong: not TOML, an unknown key, a setting without a type, or a theme that extends itself."""

    code = "SG513"
    default_remedy = "Mend theme.toml at the line named above; docs/guide/themes.md shows all that may stand in it."


class AssetBroken(BuildError):
    """A style sheet or script cannot be read as such, or refers to a file that is not there."""

    code = "SG514"
    default_remedy = "Mend the file at the line named above."


class EarlierBuildUnusable(BuildError):
    """The folder that old assets are to be carried from is no earlier build, or its list of assets is not sound."""

    code = "SG515"
    default_remedy = "Name a folder that `sitegen build` wrote; for the first build leave `--carry-from` out."


class RedirectsMany(BuildError):
    """There are more redirects than hosts take."""

    code = "SG520"
    default_remedy = "Put patterns such as `/news/*` into the settings in place of single addresses."


# ------------------------------------------------------------------------------------------------------------ storage


class StorageError(SitegenError):
    """A file could not be written or read."""


class DiskFull(StorageError):
    """The disk is full; what was there before is untouched."""

    code = "SG601"
    default_remedy = "Make room and run the same command again; it goes on where it stopped."


class NotPermitted(StorageError):
    """The permission to read or write a file is missing."""

    code = "SG602"
    default_remedy = "Check the owner and mode of the file and its folder."


class PathEscapes(StorageError):
    """A name would lead out of the folder it belongs in."""

    code = "SG603"
    default_remedy = "Use a plain name, without .. and without a leading slash."


class Locked(StorageError):
    """Another run works on this site."""

    code = "SG604"
    default_remedy = "Wait for it to end, or stop the process named above."


class StateDamaged(StorageError):
    """The journal or the cache under .sitegen/ is damaged."""

    code = "SG605"
    default_remedy = "Move the file away; sitegen makes a new one, and briefs and provenance stay as they are."


class BackupDamaged(StorageError):
    """A backup is not what it was when it was made, or was never one."""

    code = "SG726"
    default_remedy = "Take an earlier backup, or another copy of this one; nothing was changed."


class BackupNewer(StorageError):
    """A backup was made by a newer sitegen, in a format that this one does not know."""

    code = "SG727"
    default_remedy = "Update sitegen, and restore again; nothing was changed."


class BackupSealed(StorageError):
    """A backup cannot be encrypted, or not be decrypted, with the keys given."""

    code = "SG728"
    default_remedy = (
        "Name the file with the key, `--identity FILE`, or set SITEGEN_BACKUP__PASSPHRASE to the passphrase that it "
        "was made with."
    )


class BackupRefused(StorageError):
    """A backup or a restore is asked for that would do harm, or nothing."""

    code = "SG729"
    default_remedy = "Name another file, or leave it; nothing was changed."


class FileFailed(StorageError):
    """The system refused a file operation for another reason."""

    code = "SG606"
    default_remedy = "Read the reason above; the file's disk or network drive may have a fault."


# ------------------------------------------------------------------------------------------------------------ privacy


class PrivateFound(ContentError):
    """A published brief holds something that may be private, such as a phone number."""

    code = "SG610"
    default_remedy = (
        "Take it out; or, if everybody may read it, write its fingerprint into `allow` in the front matter. "
        "docs/guide/privacy.md says more."
    )


class PrivateHeld(PrivateFound):
    """A page that is not published yet, or not any more, holds something that may be private."""

    code = "SG611"


class PrivateSuspected(PrivateFound):
    """A page holds what looks private and often is not, such as the e-mail address of an office; a hint."""

    code = "SG612"


class AllowIdle(ContentError):
    """The front matter allows something private that the file does not hold any more."""

    code = "SG613"
    default_remedy = "Take the fingerprint out of `allow`."


class NamesMissing(ContentError):
    """The folder of names that the privacy scan should know is not there, or holds no list."""

    code = "SG614"
    default_remedy = "Mend `[privacy] names`: a folder with text files that end with .txt, with one name a line."


class PrivateBuilt(BuildError):
    """A file of the built site holds something that may be private, and that no brief allows."""

    code = "SG615"
    default_remedy = "Do not publish this folder; mend what it was built from, and look into where this came from."


class ImageTelling(BuildError):
    """An image of the built site holds data beside the picture, such as the place where it was taken."""

    code = "SG616"
    default_remedy = "Leave `[images] keep_metadata` off and build again; a file from elsewhere must be stripped there."


class FileOpaque(BuildError):
    """A file of the built site is of a kind that the privacy scan cannot look into; a hint."""

    code = "SG617"
    default_remedy = "Look into it by hand, or leave it out of the site."


# -------------------------------------------------------------------------------------------------- serve, commands


class ServeError(SitegenError):
    """The local server cannot run."""


class PortTaken(ServeError):
    """The port is in use."""

    code = "SG701"
    default_remedy = "Choose another with `--port N`, or leave --port out to take the next free one."


class DeskRefused(ServeError):
    """The review desk was asked by another machine, under another name, or by a page of another origin."""

    code = "SG702"
    default_remedy = "Open it on the machine that `sitegen serve` runs on, at the address that it tells."


class FormRefused(ServeError):
    """The review desk was sent a form that is not its own, or that is not complete."""

    code = "SG703"
    default_remedy = "Load the page anew and do it again; what you had written stands below."


class DeskBusy(ServeError):
    """The review desk is having another text made."""

    code = "SG704"
    default_remedy = "Wait until it is done; one text is made at a time."


class FieldRefused(ServeError):
    """The review desk was asked to write something into a brief that a brief cannot say."""

    code = "SG705"
    default_remedy = "Mend it and save again; nothing was written."


class PublishError(SitegenError):
    """The site cannot be published."""


class DeployRefused(PublishError):
    """What should be published is not fit for it."""

    code = "SG710"
    default_remedy = "Mend it, build again, and deploy again; nothing was published."


class HostUnreachable(PublishError):
    """The host does not answer."""

    code = "SG711"
    default_remedy = "Try again; a draft that was begun goes on where it stopped, and what is published stays."


class HostRefused(PublishError):
    """The host answers, but not as asked."""

    code = "SG712"
    default_remedy = "Check `[publish]` in sitegen.toml and the host's own messages; what is published stays."


class HostLocked(PublishError):
    """Publishing is locked at the host."""

    code = "SG713"
    default_remedy = "Unlock it there when what is published may be replaced."


class DeployFailed(PublishError):
    """The host did not finish a deploy."""

    code = "SG714"
    default_remedy = "Deploy again; what is published stays as it is."


class DeployMissing(PublishError):
    """The host does not have such a deploy."""

    code = "SG715"
    default_remedy = "`sitegen deploy list` shows those that there are."


class DeployOvertaken(PublishError):
    """Another deploy is shown by now than the one that was to be taken back."""

    code = "SG730"
    default_remedy = "Nothing was changed. `sitegen deploy status` tells what the public sees."


class GitMissing(PublishError):
    """Git is not installed."""

    code = "SG720"
    default_remedy = "Install git; briefs are published through its repository."


class GitRefused(PublishError):
    """The repository is in a state in which nothing should be published."""

    code = "SG721"
    default_remedy = "Bring the repository in order first; nothing was committed."


class GitFailed(PublishError):
    """Git did not do what it was asked for."""

    code = "SG722"
    default_remedy = "Look at git's own words; `git status` says where things stand. Nothing was forced."


class SmokeMissing(PublishError):
    """The packages of the smoke checks are not installed."""

    code = "SG716"
    default_remedy = "Install sitegen with its extra: pip install 'sitegen[smoke]'."


class BrowserMissing(PublishError):
    """There is no browser that can be driven."""

    code = "SG717"
    default_remedy = "Run `python -m playwright install chromium`, or install the system's: apt install chromium."


class FleetTaken(StorageError):
    """Another pull has the workers of this fleet: only one site may coordinate them at a time."""

    code = "SG454"
    default_remedy = (
        "Let it end, or stop it; one that died gives way after half a minute. Two sites that share a Redis need a "
        "`[fleet] name` each."
    )


class FleetMissing(SitegenError):
    """The settings name a broker, and what is needed to talk to it is not installed."""

    code = "SG455"
    default_remedy = "Install it with `pip install 'sitegen[fleet]'`, or take `[fleet] broker` out of sitegen.toml."


class BrokerUnreachable(SitegenError):
    """The Redis of the fleet does not answer, or refuses us."""

    code = "SG456"
    exit_code = ExitCode.ENGINE
    default_remedy = "Start Redis and check `[fleet] broker`, `user` and the password; `sitegen doctor` tries it."


class MessageRefused(SitegenError):
    """A message of the fleet was not signed with our key, was changed, or is not of this version. It was not used."""

    code = "SG457"
    default_remedy = "All machines need the same sitegen and the same key; see docs/guide/fleet.md."


class SomeFailed(SitegenError):
    """Some documents failed; all others are done."""

    code = "SG801"
    exit_code = ExitCode.SOME_FAILED
    default_remedy = (
        "`sitegen brief list` says why; `sitegen pull` tries failed ones again, and dead ones after `sitegen brief "
        "retry --dead`."
    )


class ConditionBroken(SitegenError):
    """A condition after `--where` cannot be read."""

    code = "SG315"
    exit_code = ExitCode.USAGE
    default_remedy = (
        "A condition is a property, a comparison and a value: `prompt<3`, `engine=ollama`, `model!=qwen3:8b`, "
        "`method=extract`, `age>30d`, `score.quotation<90%`."
    )


class FileThere(SitegenError):
    """A new page was asked for, and there is a file of that name."""

    code = "SG804"
    exit_code = ExitCode.USAGE
    default_remedy = "Choose another name; nothing was written."


class ArchetypeBroken(SitegenError):
    """An archetype has a placeholder that does not exist."""

    code = "SG805"
    default_remedy = "Mend the archetype at the line named above; docs/guide/archetypes.md shows one."


class ChecksFailed(SitegenError):
    """A check found something wrong."""

    code = "SG802"
    default_remedy = "Mend what is marked above and run it again."


class FolderNotEmpty(SitegenError):
    """A new site was asked for in a folder that already holds one of its files."""

    code = "SG803"
    exit_code = ExitCode.USAGE
    default_remedy = "Choose an empty folder."


class ExtraMissing(SitegenError):
    """A setting asks for something that is not installed with sitegen itself."""

    code = "SG806"
    exit_code = ExitCode.SETTINGS
    default_remedy = "Install it: pip install 'sitegen[traces]'; or take the setting back."


class Unexpected(SitegenError):
    """A fault in sitegen itself."""

    code = "SG901"
    default_remedy = "Run it again with --debug and report what it prints; nothing that was written is lost."


def catalogue() -> Iterator[type[SitegenError]]:
    """All error classes that carry a code, in the order of their codes."""
    found: list[type[SitegenError]] = []
    todo: list[type[SitegenError]] = [SitegenError]
    while todo:
        cls = todo.pop()
        todo.extend(cls.__subclasses__())
        if "code" in vars(cls) and cls.code:  # a refinement of an error shares its code and is no new entry
            found.append(cls)
    yield from sorted(found, key=lambda cls: cls.code)


def named(code: str) -> type[SitegenError]:
    """The class of a code. Raises ``StopIteration`` for one that nobody has."""
    return next(kind for kind in catalogue() if kind.code == code)
