"""The local server answers as a host would, and gives away nothing beyond the built site."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from sitegen.errors import FrontMatterBroken, LinkBroken, Several
from sitegen.serve.pages import Pages, host_name, media_type

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    folder = tmp_path / "public"
    for path, text in {
        "index.html": "home",
        "about/index.html": "about",
        "404.html": "missing",
        "feed.xml": "<feed/>",
        "assets/a.css": "a{}",
        "a b/ü.txt": "umlaut",
        "_headers": "secret",
        ".hidden": "secret",
        ".well-known/security.txt": "contact",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (tmp_path / "private.txt").write_text("private")
    (folder / "link.txt").symlink_to(tmp_path / "private.txt")
    return Pages(folder, LOCAL)


def ask(pages: Pages, path: str, method: str = "GET", **headers: str) -> httpx.Response:
    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=pages.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            return await client.request(
                method, path, headers={name.replace("_", "-"): v for name, v in headers.items()}
            )

    return asyncio.run(request())


@pytest.mark.parametrize(
    ("path", "text", "kind"),
    [
        ("/", "home", "text/html; charset=utf-8"),
        ("/about/", "about", "text/html; charset=utf-8"),
        ("/about/index.html", "about", "text/html; charset=utf-8"),
        ("/about/?x=1", "about", "text/html; charset=utf-8"),
        ("/feed.xml", "<feed/>", "application/xml"),
        ("/assets/a.css", "a{}", "text/css; charset=utf-8"),
        ("/a%20b/%C3%BC.txt", "umlaut", "text/plain; charset=utf-8"),
        ("/.well-known/security.txt", "contact", "text/plain; charset=utf-8"),
    ],
)
def test_files_are_served_with_their_type(pages: Pages, path: str, text: str, kind: str) -> None:
    answer = ask(pages, path)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, text, kind)


@pytest.mark.parametrize(
    "path",
    [
        "/nope",
        "/nope/",
        "/feed.xml/",
        "/assets/",
        "/_headers",
        "/.hidden",
        "/../private.txt",
        "/%2e%2e/private.txt",
        "/..%2fprivate.txt",
        "/about/..%2f..%2fprivate.txt",
        "//etc/passwd",
        "/%2fetc/passwd",
        "/link.txt",
        "/%00",
        "/index.html%00.txt",
        "/" + "a" * 5000,
        "/..%5cprivate.txt",
    ],
)
def test_everything_else_is_the_sites_own_404(pages: Pages, path: str) -> None:
    answer = ask(pages, path)
    assert (answer.status_code, answer.text) == (404, "missing")


def test_without_a_404_page_there_is_a_plain_one(pages: Pages) -> None:
    (pages.folder / "404.html").unlink()
    assert (ask(pages, "/nope").status_code, ask(pages, "/nope").text) == (404, "There is no such page.\n")


@pytest.mark.parametrize(
    ("path", "place"),
    [("/about", "/about/"), ("/about?a=1&b=2", "/about/?a=1&b=2"), ("/a%20b", "/a%20b/")],
)
def test_a_folder_without_its_slash_is_sent_on(pages: Pages, path: str, place: str) -> None:
    answer = ask(pages, path)
    assert (answer.status_code, answer.headers["location"]) == (307, place)


def test_a_redirect_never_leaves_this_host(pages: Pages) -> None:
    (pages.folder / "evil.example").mkdir()
    answer = ask(pages, "http://localhost:8000//evil.example")
    assert answer.status_code == 404 or not answer.headers["location"].startswith("//")


def test_a_file_that_the_browser_has_is_not_sent_again(pages: Pages) -> None:
    first = ask(pages, "/about/")
    again = ask(pages, "/about/", if_none_match=f'"other", W/{first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    (pages.folder / "about/index.html").write_text("new")
    assert ask(pages, "/about/", if_none_match=first.headers["etag"]).text == "new"


def test_only_reading_is_allowed(pages: Pages) -> None:
    assert (ask(pages, "/", "HEAD").status_code, ask(pages, "/", "HEAD").content) == (200, b"")
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert ask(pages, "/", method).status_code == 405


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", ""]
)
def test_another_host_name_is_refused(pages: Pages, host: str) -> None:
    answer = ask(pages, "/", host=host)
    assert answer.status_code == 421
    assert "home" not in answer.text


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]"])
def test_the_own_names_are_answered(pages: Pages, host: str) -> None:
    assert ask(pages, "/", host=host).status_code == 200


def test_on_the_network_every_name_is_answered(pages: Pages) -> None:
    assert ask(Pages(pages.folder, None), "/", host="laptop.local:8000").status_code == 200


def test_the_policy_of_the_site_is_sent_with_every_answer(pages: Pages) -> None:
    for path in ("/", "/nope", "/about"):
        answer = ask(pages, path)
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_site_that_was_never_built_says_why(pages: Pages) -> None:
    pages.failure = Several([FrontMatterBroken("<b>", place="briefs/a.md:3"), LinkBroken("y")])
    answer = ask(pages, "/about/")
    assert answer.status_code == 500
    assert "briefs/a.md:3: &lt;b&gt;" in answer.text
    assert "SG401" in answer.text
    assert "SG504" in answer.text


def test_requests_wait_while_files_are_exchanged(pages: Pages) -> None:
    async def scene() -> str:
        transport = httpx.ASGITransport(app=pages.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            pages.gate.acquire()
            (pages.folder / "about/index.html").unlink()
            asked = asyncio.create_task(client.get("/about/"))
            await asyncio.sleep(0.05)
            assert not asked.done()
            (pages.folder / "about/index.html").write_text("new")
            pages.gate.release()
            return (await asked).text

    assert asyncio.run(scene()) == "new"


def test_host_names_and_types() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("::1") == "::1"
    assert media_type("x.woff2") == "font/woff2"
    assert media_type("x.unknown") == "application/octet-stream"
