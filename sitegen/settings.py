"""The settings: ``sitegen.toml`` plus ``SITEGEN_…`` environment variables, as one frozen model.

Every option has its docstring, from which docs/reference/settings.md is made. Unknown keys are refused with the nearest
known one, and all problems are reported at once, each with its line.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from sitegen import files
from sitegen.errors import (
    Place,
    SecretMissing,
    SettingsError,
    SettingsInvalid,
    SettingsMissing,
    SettingsUnreadable,
    StorageError,
    TextNotUtf8,
    raise_all,
)
from sitegen.project import ELSEWHERE
from sitegen.project import Project as Project
from sitegen.root import ENV_PREFIX, FILE_NAME, above
from sitegen.shapes import HTTP_URL, LANGUAGE, NAME, PERMALINK, REDIS_URL, TEMPLATE
from sitegen.shapes import PrivateKind as PrivateKind

Address = Annotated[str, Field(pattern=HTTP_URL)]
_PRIVATE: tuple[PrivateKind, ...] = get_args(PrivateKind)


class _Section(BaseModel):
    # The docstrings of options are read by docs/generate.py: pydantic would parse this file at each start for them.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class MenuEntry(_Section):
    """One link of the site's menu."""

    title: str = Field(min_length=1)
    """The words of the link."""
    url: str = Field(min_length=1)
    """Where it leads: an address of this site, such as `/about/`, or a full one."""


class Site(_Section):
    """What the site is and where it will be."""

    title: str = "Untitled"
    """The name of the site."""
    description: str = ""
    """One sentence about the site, for search engines and feeds."""
    base_url: str = Field(default="http://localhost:8000/", pattern=HTTP_URL)
    """The address at which the site will be read; feeds and the sitemap need it in full."""
    language: str = Field(default="en", pattern=LANGUAGE)
    """The language of the site's own words, as in HTML's `lang`: `en`, `de`, `fr`."""
    author: str = ""
    """Who publishes the site; stands in feeds and in the footer."""
    theme: str = Field(default="continuum", min_length=1)
    """A theme that comes with sitegen, or a folder of that name under the site's `themes/`."""
    menu: tuple[MenuEntry, ...] = ()
    """The links at the top of each page, in their order. Empty: home, topics, archive and the pages of `content/`."""


class Language(_Section):
    """A further language of the site: its pages live under `/de/`, with a home page, lists and a menu of their own."""

    title: str = ""
    """The name of the site in this language; the site's own name when empty."""
    description: str = ""
    """One sentence about the site in this language; the site's own when empty."""
    menu: tuple[MenuEntry, ...] = ()
    """The links at the top of its pages. Empty: home, topics, archive and the pages of `content/` in this language."""


class Build(_Section):
    """How pages become files."""

    output: Path = Path("public")
    """The folder that the site is written to."""
    content: Path = Path("content")
    """The folder of pages that are written by hand."""
    briefs: Path = Path("briefs")
    """The folder of briefs."""
    per_page: int = Field(default=20, ge=1, le=1000)
    """How many briefs stand on one page of a list."""
    strict: bool = False
    """Warnings, such as a broken internal link, fail the build."""


class Feeds(_Section):
    """What readers can subscribe to."""

    formats: tuple[Literal["atom", "rss", "json"], ...] = ("atom",)
    """The formats of all feeds: `atom` is `feed.xml`, `rss` is `rss.xml`, `json` is `feed.json`. Empty: no feeds."""
    items: int = Field(default=20, ge=1, le=1000)
    """How many briefs stand in a feed, the newest."""
    content: Literal["summary", "full"] = "summary"
    """Whether a feed holds the summaries of its briefs or their whole texts."""


class Llms(_Section):
    """What language models are offered."""

    index: bool = True
    """Whether there is an `llms.txt`, which says what the site is and where its texts are."""
    items: int = Field(default=100, ge=1, le=10_000)
    """How many briefs stand in `llms.txt`, the newest."""
    twins: bool = True
    """Whether each page has a twin in Markdown beside it, as `index.md`."""


class Table(_Section):
    """The table of all briefs, for those who want to count and compare."""

    enabled: bool = False
    """Whether the list of all briefs offers them as a table, `briefs.csv`: dates, titles, topics, addresses."""


class Redirect(_Section):
    """An address of the past, and what became of it."""

    old: str = Field(alias="from", min_length=1)
    """The former address, such as `/news/2019/`; `/news/*` stands for all below it, on hosts that read `_redirects`."""
    new: str = Field(default="", alias="to")
    """Where it leads: an address of this site, or a full one; `:splat` stands for what `*` stood for."""
    status: Literal[301, 302, 410] = 301
    """`301`: moved for good; `302`: for now; `410`: gone for good, and `to` is left out."""


class Taxonomy(_Section):
    """A way to sort pages: `tags`, `correspondents` and `types` are there; others are made by naming them.

    The front matter field of a taxonomy of your own has its name: `[taxonomies.series]` reads `series: [Budget]`.
    """

    enabled: bool = True
    """Whether the taxonomy has pages; `false` takes one of the three that are there away."""
    title: str = ""
    """What the site calls it; made from its name when empty."""
    per_page: int | None = Field(default=None, ge=1, le=1000)
    """How many pages stand on one page of a term's list; as `build.per_page` when it is not set."""
    feed: bool = False
    """Whether each term has feeds of its own."""


class Collection(_Section):
    """A folder of pages whose `extra` fields have types."""

    folder: str = Field(min_length=1, pattern=r"^[^/\\]+(/[^/\\]+)*$")
    """The folder, below the site's: `briefs`, `content/events`."""
    model: str = Field(pattern=r"^[^:/\\]+\.py:[A-Za-z_]\w*$")
    """A pydantic model in the site's folder `plugins/`, as `schemas.py:Event`."""


class Cascade(_Section):
    """Front matter that pages below a folder have unless they say something else themselves."""

    folder: str = ""
    """The folder, below the site's: `briefs`, `content/news`; empty for all."""
    status: Literal["draft"] | None = None
    """Only `draft` can be given: whether something is published is said in its own file."""
    language: Annotated[str | None, Field(pattern=LANGUAGE)] = None
    """The language of the text."""
    template: Annotated[str | None, Field(pattern=TEMPLATE)] = None
    """The template."""
    tags: tuple[str, ...] | None = None
    """Topics."""
    correspondent: str | None = None
    """Who wrote or sent the document."""
    document_type: str | None = None
    """What kind of document it is."""
    menu: bool | None = None
    """Whether the page stands in the menu."""
    image: str | None = None
    """The picture for cards, as an address of the site."""
    extra: dict[str, Any] = {}
    """Fields for templates; those of the page are laid over them, one by one."""


class Images(_Section):
    """How the photos and drawings of pages are shown."""

    enabled: bool = True
    """Make smaller variants of images in modern formats. Without it, pages show the files as they are."""
    widths: tuple[Annotated[int, Field(ge=16, le=8192)], ...] = Field(default=(480, 800, 1200, 1600), min_length=1)
    """The widths of the variants, in pixels; none is wider than the image itself."""
    formats: tuple[Literal["avif", "webp"], ...] = ("avif", "webp")
    """The formats of the variants, the one that browsers are to prefer first. A JPEG or PNG is always there as well."""
    quality: int = Field(default=75, ge=1, le=95)
    """How faithful the variants of photos are, on the scale of WebP. Drawings keep every pixel."""
    sizes: str = Field(default="auto, (min-width: 42rem) 38rem, 100vw", pattern=r"^[^\"<>&]+$")
    """How wide images stand on the page, for the HTML attribute of that name."""
    max_megapixels: float = Field(default=100, gt=0, le=1000)
    """Larger images are refused, since reading one takes 4 bytes of memory a pixel."""
    keep_metadata: bool = False
    """Publish the files as they are, with the place, time and camera of each photo. Variants never have them."""


class Markdown(_Section):
    """What the texts of pages may contain; see docs/guide/markdown.md."""

    math: bool = False
    """Pages of `content/` have formulas between dollars, `$E = mc^2$`. Off, a dollar is a dollar."""


class Paperless(_Section):
    """A Paperless-ngx server."""

    url: str = Field(default="http://localhost:8000", pattern=HTTP_URL)
    """The address of Paperless, with its base path if it has one, without `/api`."""
    token: SecretStr | None = None
    """The API token. Only from the environment, `SITEGEN_SOURCE__PAPERLESS__TOKEN`, never in sitegen.toml."""
    token_file: Path | None = None
    """A file that holds only the API token."""
    publish_tag: str = Field(default="publish", min_length=1)
    """Only documents with this tag are pulled."""
    never_tags: tuple[str, ...] = ()
    """Documents with any of these tags are never pulled, whatever else they carry."""
    ca_file: Path | None = None
    """The certificate authority that signed the server's certificate, for servers with a private one."""
    page_size: int = Field(default=100, ge=1, le=1000)
    """How many documents one request asks for."""
    timeout: float = Field(default=30, gt=0, le=600)
    """Seconds to wait for an answer."""
    retries: int = Field(default=4, ge=0, le=20)
    """How often a request that met a server error or a broken connection is made again."""
    overlap: int = Field(default=300, ge=0)
    """Seconds by which a pull looks back behind the last change it saw; covers changes saved out of order."""
    full_compare_hours: float = Field(default=24, ge=0)
    """After this many hours a pull compares every document, since Paperless marks some changes nowhere."""


class Folder(_Section):
    """A folder of text, Markdown and PDF files."""

    path: Path = Path("documents")
    """The folder; folders inside it are read as well."""


class Source(_Section):
    """Where documents come from."""

    kind: Literal["paperless", "folder"] = "folder"
    """Which source is used."""
    paperless: Paperless = Paperless()
    folder: Folder = Folder()


class EndpointAddress(_Section):
    """One server; in sitegen.toml just its address, or a table where its slots differ."""

    url: Address
    """Its address."""
    slots: int | None = Field(default=None, ge=1, le=256)
    """How many requests run there at the same time; without it, what the engine's `slots` says."""

    @model_validator(mode="before")
    @classmethod
    def _from_address(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value

    @model_serializer
    def _as_written(self) -> str | dict[str, str | int]:
        return self.url if self.slots is None else {"url": self.url, "slots": self.slots}

    def __str__(self) -> str:
        return self.url


class ModelServers(_Section):
    """What all engines with a model behind a server have."""

    endpoints: tuple[EndpointAddress, ...] = Field(min_length=1)
    """The addresses of the servers. One with other slots is a table: `{ url = "http://…", slots = 4 }`."""
    model: str = Field(min_length=1)
    """The model, as the server names it."""
    digest: str | None = Field(default=None, pattern=r"^(sha256:)?[0-9a-f]{12,64}$")
    """Only this version of the model is used, by its digest or the beginning of it, as `sitegen doctor` shows it."""
    num_ctx: int = Field(ge=512)
    """The context that the server gives one request, in tokens."""
    num_predict: int = Field(default=2048, ge=64)
    """The most tokens that one answer may have."""
    slots: int = Field(default=1, ge=1, le=256)
    """How many requests run at the same time at each endpoint."""
    temperature: float = Field(default=0, ge=0, le=2)
    """0 keeps answers as constant as the engine can."""
    seed: int = 1
    """The seed of the random numbers behind the answers."""
    timeout: float = Field(default=900, gt=0)
    """Seconds to wait for the first part of an answer; loading a model and reading a long text count."""
    token: SecretStr | None = None
    """A bearer token."""
    token_file: Path | None = None
    """A file that holds only that token."""


class Ollama(ModelServers):
    """Models that run in Ollama."""

    endpoints: tuple[EndpointAddress, ...] = Field(
        default=(EndpointAddress(url="http://localhost:11434"),), min_length=1
    )
    """The addresses of the Ollama servers. One with other slots is a table: `{ url = "http://…", slots = 4 }`."""
    model: str = Field(default="qwen3:8b", min_length=1)
    """The model, as `ollama list` names it."""
    num_ctx: int = Field(default=16384, ge=512)
    """The context, in tokens. The same in every request, since Ollama reloads the model when it changes."""
    slots: int = Field(default=1, ge=1, le=256)
    """How many requests run at the same time at each endpoint; equal to OLLAMA_NUM_PARALLEL there."""
    keep_alive: str = Field(default="30m", pattern=r"^-?\d+(\.\d+)?(ns|us|ms|s|m|h)$")
    """How long Ollama keeps the model in memory after the last request."""
    token: SecretStr | None = None
    """A bearer token for a proxy before Ollama. Only from the environment, `SITEGEN_ENGINE__OLLAMA__TOKEN`."""


class OpenAI(ModelServers):
    """A server with the OpenAI chat API: llama.cpp's server, vLLM, LM Studio."""

    endpoints: tuple[EndpointAddress, ...] = Field(
        default=(EndpointAddress(url="http://localhost:8080/v1"),), min_length=1
    )
    """The addresses of the servers, up to and with `/v1`. One with other slots is a table, as for Ollama."""
    model: str = Field(default="default", min_length=1)
    """The model, as the server names it; `default` is the only one that a server has."""
    num_ctx: int = Field(default=8192, ge=512)
    """The context that the server gives one request, in tokens."""
    token: SecretStr | None = None
    """The API key. Only from the environment, `SITEGEN_ENGINE__OPENAI__TOKEN`."""


class Extractive(_Section):
    """The built-in engine: picks sentences, needs no model, and says that its briefs are extracts."""

    sentences: int = Field(default=4, ge=1, le=20)
    """How many sentences the summary has."""
    points: int = Field(default=6, ge=0, le=30)
    """How many key points are listed."""


class Engine(_Section):
    """What turns a document's text into a summary."""

    kind: Literal["ollama", "openai", "extractive"] = "extractive"
    """Which engine is used."""
    attempts: int = Field(default=5, ge=1, le=100)
    """A document that failed this often is dead, and is tried again only when asked for."""
    when_down: Literal["extract", "stop"] = "extract"
    """When no server of the engine can be reached, documents without a brief get an extract that says so, until the
    model can be reached; with `stop` the pull ends at once."""
    cache_mb: int = Field(default=1024, ge=1)
    """How large the cache of summaries may grow before `cache prune` removes the oldest, in megabytes."""
    prompts: Path = Path("prompts")
    """The folder of the site's own prompts; those that it lacks are sitegen's. `sitegen prompt copy` begins one."""
    ollama: Ollama = Ollama()
    openai: OpenAI = OpenAI()
    extractive: Extractive = Extractive()


class Pull(_Section):
    """How much one pull may do at most; the next one goes on from there. Options of the command go before these."""

    max_documents: int | None = Field(default=None, ge=1)
    """New or changed documents."""
    max_minutes: float | None = Field(default=None, gt=0)
    """Minutes, after which no further document is begun."""
    max_tokens: int | None = Field(default=None, ge=1)
    """Tokens of questions and answers together, after which no further document is begun."""


class Fleet(_Section):
    """Machines that do the engine's work for this site, by way of Redis; see docs/guide/fleet.md."""

    broker: str = Field(default="", pattern=REDIS_URL)
    """The address of Redis, `redis://host:6379/0` or, with TLS, `rediss://…`. Empty: the engine runs in this
    process."""
    user: str = ""
    """The user to log in there with; the default user when empty."""
    password: SecretStr | None = None
    """The password. Only from the environment, `SITEGEN_FLEET__PASSWORD`, never in sitegen.toml."""
    password_file: Path | None = None
    """A file that holds only the password."""
    ca_file: Path | None = None
    """The certificate authority that signed the certificate of Redis, for one of your own."""
    token: SecretStr | None = None
    """The key by which coordinator and workers know each other's messages, 32 characters or more, the same for all of
    them. Only from the environment, `SITEGEN_FLEET__TOKEN`."""
    token_file: Path | None = None
    """A file that holds only that key."""
    name: str = Field(default="sitegen", pattern=NAME)
    """What all keys in Redis begin with; another one for each site that shares a Redis."""
    jobs: int = Field(default=100, ge=1, le=100_000)
    """How many documents Redis holds at most; the others wait in the journal."""
    text: Literal["job", "source"] = "job"
    """`job`: documents come with their jobs; `source`: workers get the text from the source themselves."""
    keep_hours: float = Field(default=72, gt=0, le=720)
    """How long a summary that nobody has collected stays in Redis."""
    patience: float = Field(default=120, ge=1, le=86_400)
    """Seconds without any worker that fits, after which the engine counts as one that cannot be reached."""
    wait: float = Field(default=10, ge=1, le=86_400)
    """Seconds that a pull waits at its beginning for a worker that fits; 900, say, where workers are started only when
    there is work, as KEDA does."""
    at_once: int | None = Field(default=None, ge=1)
    """How many requests each endpoint has in hand at the same time from all workers together; without it, as many as
    the workers have slots. The same on all workers."""
    per_minute: int | None = Field(default=None, ge=1)
    """How many requests a minute each endpoint gets from all workers together; without it, as many as there are."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """The address of a worker's pages, `/healthz` and `/metrics`."""
    port: int = Field(default=9465, ge=0, le=65535)
    """Their port; 0 takes a free one."""


Sign = Literal["name", "email", "name and email", "nothing"]


class Briefs(_Section):
    """How new briefs begin."""

    initial_status: Literal["draft", "review", "published"] = "draft"
    """The status of a new brief. With `draft` and `review`, nothing is public until an editor publishes it."""
    when_published: Literal["facts", "all", "nothing"] = "facts"
    """Which new texts of a published brief wait for an editor: `facts`, with other numbers, dates or names, `all`, or
    `nothing`, so that it is treated like a draft."""
    when_gone: Literal["flag", "withdraw"] = "flag"
    """What becomes of a published brief whose document is gone from the source: `flag` leaves it as it is and says so,
    `withdraw` withdraws it; not when very many vanish at once."""
    sign: Sign = "name"
    """How an editor who approves, publishes or withdraws a brief is named in its provenance record. Git's `user.name`
    and `user.email` say who it is, else the system."""
    tags: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = ()
    """The tags that a model may choose from; without them, those that the briefs bear already."""
    new_tags: bool = True
    """Whether a model may add other tags, in words of the document."""


class Privacy(_Section):
    """What may leave the house."""

    show_correspondent: bool = True
    """Briefs name the correspondent."""
    show_document_type: bool = True
    """Briefs name the type of the document."""
    kinds: tuple[PrivateKind, ...] = _PRIVATE
    """What the scan looks for. A published brief that holds one of these stops the build; empty: no scan."""
    pages: bool = False
    """The pages of `content/` are scanned as well as the briefs."""
    own: tuple[str, ...] = ()
    """What the site itself may show: its e-mail address, its phone number; `@example.org` for all of its addresses."""
    names: Path | None = None
    """A folder of text files with names of people, one a line, that must not stand in a published brief."""
    regions: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = ("US", "GB", "DE", "AT", "CH", "FR", "BE")
    """The countries whose own way to write phone numbers is known, without `+` and country code."""
    redact: tuple[PrivateKind, ...] = _PRIVATE
    """What is blacked out in a document's text before it goes to an engine beyond the local network; empty: nothing."""
    local_hosts: tuple[str, ...] = ()
    """Names of engines' hosts that belong to the local network, though nothing in their names says so."""


class Serve(_Section):
    """The local server for authors."""

    host: str = Field(default="127.0.0.1", min_length=1)
    """The address to listen on; anything but 127.0.0.1 lets others on the network read drafts."""
    port: int = Field(default=8000, ge=0, le=65535)
    """The port; when it is in use the next free one is taken."""


class Watch(_Section):
    """The daemon."""

    every: float = Field(default=60, ge=1, le=86_400)
    """How often the source is asked, in seconds; a little more or less, so that many do not ask at once."""
    host: str = Field(default="127.0.0.1", min_length=1)
    """The address of the health pages and of the webhook."""
    port: int = Field(default=9464, ge=0, le=65535)
    """Their port."""
    token: SecretStr | None = None
    """What a webhook must send as `X-Sitegen-Secret`. Only from the environment, `SITEGEN_WATCH__TOKEN`."""
    token_file: Path | None = None
    """A file that holds only that secret."""
    build: bool = True
    """Build the site when briefs or other files have changed."""
    publish: bool = False
    """Commit and push the briefs after a build that changed something."""
    quiet: str = Field(default="", pattern=r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$")
    """Hours in which nothing is published by itself, such as `22:00-07:00`."""
    publishes_a_day: int = Field(default=24, ge=1, le=1000)
    """How often a day it is published by itself, at most."""
    traces: str = Field(default="", pattern=f"^$|{HTTP_URL}")
    """The address of an OpenTelemetry collector, such as `http://127.0.0.1:4318`; needs the extra `sitegen[traces]`."""


class Search(_Section):
    """The search field, and the index behind it, which Pagefind makes."""

    enabled: Literal["auto", "on", "off"] = "auto"
    """`auto`: when the theme has a page for it and Pagefind is installed; `on`: warns when it is not; `off`: never."""


class Cards(_Section):
    """The pictures that others show where a page's address is shared."""

    pictures: bool = False
    """Whether each page and brief without an `image` has a picture with its headline, drawn by sitegen."""
    fonts: tuple[Path, ...] = ()
    """Font files, from the site's folder on, for letters that the theme's fonts lack, as Arabic ones."""
    background: str = Field(default="#003b33", pattern=r"^#[0-9a-fA-F]{6}$")
    """Its colour."""
    ink: str = Field(default="#ffffff", pattern=r"^#[0-9a-fA-F]{6}$")
    """The colour of its letters."""


class Fonts(_Section):
    """The letters that a theme brings from font packages."""

    enabled: Literal["auto", "on", "off"] = "auto"
    """`auto`: when the packages are installed; `on`: warns when they are not; `off`: pages use the reader's letters."""


class Check(_Section):
    """What `sitegen check` looks at."""

    ignore: tuple[str, ...] = ()
    """Beginnings of external addresses that are not asked for, such as `https://intranet.example.org/`."""
    timeout: float = Field(default=15, gt=0, le=300)
    """Seconds to wait for another server's answer."""
    delay: float = Field(default=1, ge=0, le=60)
    """Seconds between two requests to one server."""
    cache_days: float = Field(default=7, ge=0)
    """An external address that was there is not asked for again for so many days."""
    private: bool = False
    """Links to addresses that are not public, such as those of a home or office network, are asked for too."""


class Backup(_Section):
    """How `sitegen backup` encrypts, and how much it keeps."""

    recipients: tuple[str, ...] = ()
    """Public keys, `age1…` as `age-keygen` tells them or lines of ssh's `.pub` files: whoever has the secret key of one
    can read the backup."""
    passphrase: SecretStr | None = None
    """Encrypts the backup. Only from the environment, `SITEGEN_BACKUP__PASSPHRASE`."""
    passphrase_file: Path | None = None
    """A file that holds only the passphrase."""
    keep: int | None = Field(default=None, ge=1, le=10_000)
    """Of backups in a folder, how many stay; without a number all do."""


class NetlifyHost(_Section):
    """A site at Netlify."""

    site: str = Field(default="", pattern=r"^[\w.-]*$")
    """The site's id there."""
    token: SecretStr | None = None
    """An access token. Only from the environment, `SITEGEN_PUBLISH__NETLIFY__TOKEN`, never in sitegen.toml."""
    token_file: Path | None = None
    """A file that holds only the token."""
    api: str = Field(default="https://api.netlify.com/api/v1", pattern=HTTP_URL)
    """The address of its API."""


class ReleasesFolder(_Section):
    """A folder on this machine that a web server shows: `current` in it is the site."""

    path: Path = Path("deployed")
    """Relative to the site's folder."""
    keep: int = Field(default=5, ge=1, le=1000)
    """How many versions stay, beside what is shown and what was shown before."""


class SshHost(_Section):
    """A folder of another machine, filled by rsync, that a web server shows there: `current` in it is the site."""

    host: str = Field(default="", pattern=r"^([A-Za-z0-9_.][A-Za-z0-9_.@-]*)?$")
    """The machine as ssh knows it, with a user if need be: `deploy@www.example.org`."""
    path: str = Field(default="", pattern=r"^(/[^\x00-\x1f]*)?$")
    """The folder there, from the root."""
    keep: int = Field(default=5, ge=1, le=1000)
    """How many versions stay, beside what is shown and what was shown before."""
    config: Path | None = None
    """A file of settings for ssh, as `ssh -F` reads it: keys, ports, known hosts. Without it, your own."""


class Publish(_Section):
    """Where the site is published; `sitegen build` writes a folder that any other host can take as well."""

    target: Literal["netlify", "folder", "ssh"] = "netlify"
    """`netlify`; `folder` for a web server of your own on this machine, `ssh` for one on another."""
    webhook: SecretStr | None = None
    """An address that is told what became of a deploy. It is a secret; only from the environment,
    `SITEGEN_PUBLISH__WEBHOOK`."""
    webhook_file: Path | None = None
    """A file that holds only that address."""
    webhook_form: Literal["slack", "json"] = "slack"
    """`slack`: a text as Slack, Mattermost, Rocket.Chat or Discord (`…/slack`) take it; `json`: all that is known."""
    netlify: NetlifyHost = NetlifyHost()
    folder: ReleasesFolder = ReleasesFolder()
    ssh: SshHost = SshHost()


class Settings(_Section):
    """All settings of a site."""

    site: Site = Site()
    languages: dict[Annotated[str, Field(pattern=LANGUAGE)], Language] = {}
    """Further languages of the site by their codes, as in `[languages.de]`; `site.language` is not among them."""
    build: Build = Build()
    images: Images = Images()
    feeds: Feeds = Feeds()
    llms: Llms = Llms()
    table: Table = Table()
    redirects: tuple[Redirect, ...] = ()
    """Addresses of the past that do not belong to a page that is there; those of a page stand in its `aliases`."""
    taxonomies: dict[Annotated[str, Field(pattern=NAME)], Taxonomy] = {}
    permalinks: dict[str, Annotated[str, Field(pattern=PERMALINK)]] = {}
    """Addresses by pattern: `briefs = "/briefs/{year}/{slug}/"`. Keys are `briefs`, `pages`, or a section's folder such
    as `news`; the parts `{year}`, `{month}`, `{day}`, `{folder}` and `{slug}` may stand in a pattern."""
    collections: dict[str, Collection] = {}
    cascade: tuple[Cascade, ...] = ()
    """Front matter for all pages below a folder; what stands later wins, and a section's own `cascade` over both."""
    plugins: tuple[str, ...] = ()
    """Python files of the site's folder `plugins/`, or installed modules, that extend the build: `reading.py`."""
    theme: dict[str, Any] = {}
    """Options of the theme, which its `theme.toml` declares: `accent = "ocean"`. A theme that does not know an option
    refuses it."""
    markdown: Markdown = Markdown()
    source: Source = Source()
    engine: Engine = Engine()
    pull: Pull = Pull()
    fleet: Fleet = Fleet()
    briefs: Briefs = Briefs()
    privacy: Privacy = Privacy()
    serve: Serve = Serve()
    watch: Watch = Watch()
    search: Search = Search()
    fonts: Fonts = Fonts()
    cards: Cards = Cards()
    check: Check = Check()
    backup: Backup = Backup()
    publish: Publish = Publish()

    @field_validator("languages")
    @classmethod
    def _once_each(cls, languages: dict[str, Language], info: ValidationInfo) -> dict[str, Language]:
        site = info.data.get("site")
        seen = {site.language.lower()} if isinstance(site, Site) else set()
        for code in languages:
            if code.lower() in seen:
                raise ValueError(f"{code!r} stands there twice, or is the language of [site]")
            seen.add(code.lower())
        return languages


def find_root(start: Path) -> Path:
    """The nearest folder from ``start`` upwards that holds a sitegen.toml. Raises ``SettingsMissing``."""
    found = above(start)
    if found is None:
        raise SettingsMissing(f"no {FILE_NAME} in {start.resolve()} or above", place=str(start.resolve()))
    return found


def load(site: Path | None = None, environ: Mapping[str, str] | None = None) -> Project:
    """The project of the folder ``site``; without it, of the nearest sitegen.toml upwards from here.

    Raises ``SettingsError`` for one problem, ``Several`` for more.
    """
    environ = os.environ if environ is None else environ
    root = find_root(Path.cwd()) if site is None else site.resolve()
    path = root / FILE_NAME
    if not path.is_file():
        raise SettingsMissing(f"no {FILE_NAME} in {root}", place=str(root))
    try:
        text = files.read_text(path)
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+), column (\d+)", str(error))
        where = Place(str(path), int(line[1]), int(line[2])) if line else Place(str(path), text.count("\n") + 1)
        raise SettingsUnreadable(_unreadable(str(error)), place=where) from error
    except (StorageError, TextNotUtf8) as error:
        raise SettingsUnreadable(error.message, place=error.place, remedy=error.remedy) from error
    problems: list[SettingsError] = list(_secrets_in_file(data, path, text))
    origins = {".".join(map(str, key)): str(_place(path, text, key)) for key in _leaves(data)}
    problems += _overlay(data, origins, environ)
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        problems += _explain(error, path, text, origins)
    raise_all(problems)
    assert settings is not None
    every = {name: origins.get(name, "default") for name, _ in options(settings)}
    return Project(root, settings, every, settings.model_dump_json(exclude={*ELSEWHERE}))


def _unreadable(message: str) -> str:
    """What tomllib says of a file, without its place, and without the words of its own code."""
    message = message.split(" (at ")[0]
    if twice := re.fullmatch(r"Cannot (?:declare|mutate immutable namespace) \((.*?),?\)(?: twice)?", message):
        names = re.findall(r"'([^']*)'", twice[1])
        return f"the table [{'.'.join(names)}] stands twice"
    return "a setting stands twice" if message == "Cannot overwrite a value" else message


def bare(root: Path, environ: Mapping[str, str] | None = None) -> Project:
    """The project of a folder that has no sitegen.toml yet: all defaults, but for what the environment says."""
    data: dict[str, Any] = {}
    origins: dict[str, str] = {}
    raise_all(_overlay(data, origins, os.environ if environ is None else environ))
    found = Settings.model_validate(data)
    every = {name: origins.get(name, "default") for name, _ in options(found)}
    return Project(root, found, every, found.model_dump_json(exclude={*ELSEWHERE}))


def place_of(root: Path, *key: str | int) -> Place:
    """Where a setting stands in the site's sitegen.toml; ``("redirects", 2, "from")`` is in the third of its tables."""
    path = root / FILE_NAME
    return _place(path, files.read_text(path), key)


def secret(value: SecretStr | None, file: Path | None, option: str, root: Path) -> str | None:
    """The secret of an option: from the environment, else from the file that the setting names, else None.

    Raises ``SecretMissing`` when the file has none, or a token could not be sent.
    """
    if value is not None and (given := value.get_secret_value().strip()):
        return header_safe(given, option, env_name(option)) if option in _IN_HEADERS else given
    if file is None:
        return None
    try:
        found = files.read_text(root / file).strip()
    except (StorageError, TextNotUtf8) as error:
        raise SecretMissing(f"{option}_file cannot be read: {error.message}", place=error.place) from error
    if not found:
        raise SecretMissing(f"the file that {option}_file names is empty", place=str(root / file))
    return header_safe(found, option, str(root / file)) if option in _IN_HEADERS else found


_IN_HEADERS = ("source.paperless.token", "engine.ollama.token", "engine.openai.token", "publish.netlify.token")


def header_safe(token: str, name: str, place: str) -> str:
    """A token that can be sent in a header; what cannot would come back in the words of an error, and so in a log.

    Raises ``SecretMissing``.
    """
    if not (token.isascii() and token.isprintable() and " " not in token):
        message = f"{name} holds a blank, a line break or a letter that no token has; was more than the token copied?"
        raise SecretMissing(message, place=place, remedy="Copy the token again, and nothing before or after it.")
    return token


def env_name(option: str) -> str:
    """The environment variable of a dotted option: ``source.folder.path`` → ``SITEGEN_SOURCE__FOLDER__PATH``."""
    return ENV_PREFIX + option.upper().replace(".", "__")


def options(section: BaseModel, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """All options below a section with their values, dotted names first to last; of tables by name, those there are."""
    for name in type(section).model_fields:
        yield from _options(getattr(section, name), f"{prefix}{name}")


def _options(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, BaseModel):
        yield from options(value, f"{name}.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _options(inner, f"{name}.{key}")
    else:
        yield name, value


_SECRETS = ("token", "password", "passphrase", "webhook")


def _secrets_in_file(data: Mapping[str, Any], path: Path, text: str) -> Iterator[SettingsError]:
    for key in _leaves(data):
        if key[-1] in _SECRETS:
            name = ".".join(map(str, key))
            yield SettingsInvalid(
                f"{name} must not stand in {FILE_NAME}, which is committed",
                place=_place(path, text, key),
                remedy=f"Remove the line; set {env_name(name)} or name a file with {name}_file. Then replace the "
                f"{key[-1]} by a new one, since git may remember it.",
            )


def _leaves(data: Mapping[str, Any], prefix: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    for name, value in data.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*prefix, name))
        else:
            yield (*prefix, name)


def _place(path: Path, text: str, key: tuple[str | int, ...]) -> Place:
    """The line of ``key`` in the TOML ``text``, or of the nearest table above it; a number counts an array's tables."""
    names = [part for part in key if isinstance(part, str)]
    wanted = next((part for part in key if isinstance(part, int)), None)
    table: list[str] = []
    best, depth, nth = None, 0, -1
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
        assigned = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
        if header:
            table = [part.strip().strip("\"'") for part in header[1].split(".")]
            here = table
            nth += line.lstrip().startswith("[[") and table == names[: len(table)]
        elif assigned:
            here = table + [part.strip().strip("\"'") for part in assigned[1].split(".")]
        else:
            continue
        if here == names[: len(here)] and len(here) > depth and (wanted is None or nth in (-1, wanted)):
            best, depth = number, len(here)
    return Place(str(path), best)


def _overlay(data: dict[str, Any], origins: dict[str, str], environ: Mapping[str, str]) -> list[SettingsError]:
    """Lays the environment over the file's data; returns the problems of variables that name no option."""
    problems: list[SettingsError] = []
    known = {env_name(name): name for name, _ in options(Settings())}
    for variable in sorted(name for name in environ if name.startswith(ENV_PREFIX)):
        option = known.get(variable)
        if option is None:
            near = difflib.get_close_matches(variable, known, 1, 0.6)
            problems.append(
                SettingsInvalid(
                    "no setting has this name" + (f"; did you mean {near[0]}?" if near else ""),
                    place=f"environment variable {variable}",
                    remedy="Two underscores stand between levels, as in SITEGEN_SOURCE__FOLDER__PATH.",
                )
            )
            continue
        *sections, name = option.split(".")
        if name in _SECRETS and not environ[variable].strip():
            continue  # as a container sets what it was not given; the file of the secret then counts
        target = data
        for section in sections:
            inner = target.setdefault(section, {})
            if not isinstance(inner, dict):
                break  # the file has a wrong type there, which is reported as its problem
            target = inner
        else:
            target[name] = _parse(environ[variable], option)
            origins[option] = variable
    return problems


def _parse(value: str, option: str) -> Any:
    """An environment value: lists as JSON or separated by commas, everything else as text that pydantic converts."""
    default = dict(options(Settings()))[option]
    if not isinstance(default, tuple):
        return value
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(parsed, list):
        return tuple(parsed)
    return (parsed,) if isinstance(parsed, str | dict) else (value,)


def _explain(error: ValidationError, path: Path, text: str, origins: Mapping[str, str]) -> Iterator[SettingsError]:
    from sitegen.wording import said

    items = error.errors(include_url=False, include_input=False)
    inside = {item["loc"][:end] for item in items for end in range(len(item["loc"]))}
    for item in items:
        key = item["loc"]
        if item["type"] == "too_short" and key in inside:
            continue  # pydantic counts the values that are right; those that are not are told
        name = ".".join(map(str, key))
        origin = next((origins[above] for above in _upwards(key) if above in origins), "")
        place = Place(f"environment variable {origin}") if origin.startswith(ENV_PREFIX) else _place(path, text, key)
        if item["type"] == "extra_forbidden":
            near = _near_miss(key)
            if len(key) > 1 and near == key[-1]:  # TOML: what stands below a [table] belongs to it
                yield SettingsInvalid(
                    f"{near} stands below [{key[0]}], so it counts as {name}",
                    place=place,
                    remedy=f"Write the line with `{near}` above the first [table] of the file.",
                )
                continue
            yield SettingsInvalid(f"unknown setting {name}" + (f"; did you mean {near}?" if near else ""), place=place)
        elif item.get("ctx", {}).get("pattern") in (HTTP_URL, REDIS_URL):
            yield SettingsInvalid(f"{name} is not an address that sitegen can use", place=place, remedy=_ADDRESS_REMEDY)
        else:
            yield SettingsInvalid(f"{name}: {said(item)}", place=place)


_ADDRESS_REMEDY = (
    "Write it with http:// or https:// and a host, as in http://localhost:11434. A name and a password do not belong "
    "into it: a secret goes into the environment or into a token_file."
)


def _upwards(key: tuple[int | str, ...]) -> Iterator[str]:
    """The dotted names of a refused value and of all that it stands in, the nearest first."""
    for end in range(len(key), 0, -1):
        yield ".".join(map(str, key[:end]))


def _near_miss(key: tuple[int | str, ...]) -> str | None:
    """The known option or section that a refused key most resembles."""
    section: Any = Settings()
    for part in key[:-1]:
        section = getattr(section, str(part), None)
    siblings = list(type(section).model_fields) if isinstance(section, BaseModel) else []
    wanted = str(key[-1])
    if near := difflib.get_close_matches(wanted, siblings, 1, 0.6):
        return ".".join([*map(str, key[:-1]), near[0]])
    everywhere = [name for name, _ in options(Settings())]
    same = [name for name in everywhere if name.rsplit(".", 1)[-1] == wanted]
    return same[0] if same else next(iter(difflib.get_close_matches(wanted, everywhere, 1, 0.6)), None)
