"""The local server answers as a host would, and gives away nothing beyond the built site."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from sitegen.errors import FrontMatterBroken, LinkBroken, Several
from sitegen.serve.pages import Pages, host_name, media_type
from sitegen.site.output import Output

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
        "a b/index.html": "room",
        ".hidden": "secret",
        ".well-known/security.txt": "contact",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (tmp_path / "private.txt").write_text("private")
    (folder / "link.txt").symlink_to(tmp_path / "private.txt")
    return Pages(folder, LOCAL)


SCRIPT = '<script src="/_sitegen/live.js" data-build="1"></script>'


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
    shown = f"{SCRIPT}{text}" if kind.startswith("text/html") else text
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (200, shown, kind)


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
    assert (answer.status_code, answer.text) == (404, f"{SCRIPT}missing")


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
    assert ask(pages, "/about/", if_none_match=first.headers["etag"]).text == f"{SCRIPT}new"


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


def test_a_name_that_was_asked_for_is_answered_and_no_other(pages: Pages) -> None:
    named = Pages(pages.folder, frozenset({"laptop.local"}))
    assert ask(named, "/", host="laptop.local:8000").status_code == 200
    assert ask(named, "/", host="192.168.1.20:8000").status_code == 200, "nobody can let a number lead elsewhere"
    assert ask(named, "/", host="other.local:8000").status_code == 421


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

    assert asyncio.run(scene()) == f"{SCRIPT}new"


def test_host_names_and_types() -> None:
    assert host_name("[::1]:80") == "::1"
    assert host_name("::1") == "::1"
    assert media_type("x.woff2") == "font/woff2"
    assert media_type("x.unknown") == "application/octet-stream"


def test_a_page_of_a_name_without_an_end_is_found(pages: Pages) -> None:
    (pages.folder / "plain.html").write_text("plain")
    assert ask(pages, "/plain").text == f"{SCRIPT}plain"
    assert ask(pages, "/plain/").status_code == 404


@pytest.mark.parametrize(
    ("asked", "status", "part", "text"),
    [
        ("bytes=0-1", 206, "bytes 0-1/7", "<f"),
        ("bytes=5-", 206, "bytes 5-6/7", "/>"),
        ("bytes=-2", 206, "bytes 5-6/7", "/>"),
        ("bytes=2-99", 206, "bytes 2-6/7", "eed/>"),
        ("bytes=7-", 416, "bytes */7", ""),
        ("bytes=0-1,3-4", 200, None, "<feed/>"),
        ("bytes=-", 200, None, "<feed/>"),
        ("lines=1-2", 200, None, "<feed/>"),
    ],
)
def test_a_part_of_a_file_is_sent_when_asked_for(
    pages: Pages, asked: str, status: int, part: str | None, text: str
) -> None:
    answer = ask(pages, "/feed.xml", range=asked)
    assert (answer.status_code, answer.headers.get("content-range"), answer.text) == (status, part, text)


def test_a_part_of_another_file_than_the_browser_has_is_not_sent(pages: Pages) -> None:
    assert ask(pages, "/feed.xml", range="bytes=0-1", if_range='"other"').text == "<feed/>"


def test_large_texts_are_compressed_and_parts_are_not(pages: Pages) -> None:
    (pages.folder / "long.txt").write_text("word " * 2000)
    answer = ask(pages, "/long.txt", accept_encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.text) == 10_000
    assert ask(pages, "/long.txt", accept_encoding="gzip", range="bytes=0-4999").headers["content-length"] == "5000"
    assert "content-encoding" not in ask(pages, "/long.txt", accept_encoding="identity").headers


def test_the_sites_own_headers_are_sent(pages: Pages) -> None:
    (pages.folder / "_headers").write_text(
        "/*\n  X-Robots-Tag: noindex\n  Content-Security-Policy: default-src 'self'\n"
        "/assets/*\n  Cache-Control: max-age=9\n/about/\n  X-Robots-Tag: all\n  Content-Length: 3\n"
    )
    assert ask(pages, "/assets/a.css").headers["cache-control"] == "max-age=9"
    about = ask(pages, "/about/")
    assert (about.headers["x-robots-tag"], about.text) == ("all", f"{SCRIPT}about")
    assert ask(pages, "/feed.xml").headers["content-security-policy"] == "default-src 'self'"
    (pages.folder / "_headers").write_text("/*\n  X-Robots-Tag: none\n")
    assert ask(pages, "/about/").headers["x-robots-tag"] == "none", "those of the last build"


def test_the_sites_own_redirects_are_followed(pages: Pages) -> None:
    (pages.folder / "_redirects").write_text(
        "/old /about/\n/feed.xml /about/ 302\n/taken /about/ 200\n/left/* /404.html 410\n/about/ /new/ 301!\n"
        "/far https://example.org/:splat\n/proxy https://example.org/ 200\n"
    )
    assert (ask(pages, "/old?a=1").status_code, ask(pages, "/old?a=1").headers["location"]) == (301, "/about/?a=1")
    assert ask(pages, "/feed.xml").status_code == 200, "a file that is there wins"
    assert ask(pages, "/about/").headers["location"] == "/new/", "unless the rule is forced"
    assert (ask(pages, "/taken").status_code, ask(pages, "/taken").text) == (200, f"{SCRIPT}about")
    assert (ask(pages, "/left/then/there").status_code, ask(pages, "/left/x").text) == (410, f"{SCRIPT}missing")
    assert ask(pages, "/proxy").status_code == 502


def test_live_reload_is_let_through_the_policy_of_pages_and_of_nothing_else(pages: Pages) -> None:
    assert "connect-src 'self'" in ask(pages, "/").headers["content-security-policy"]
    assert "connect-src" not in ask(pages, "/feed.xml").headers["content-security-policy"]
    assert ask(pages, "/_sitegen/live.js").headers["content-type"].startswith("text/javascript")
    assert ask(pages, "/_sitegen/other").status_code == 404
    assert ask(pages, "/_sitegen/live.js", host="evil.example").status_code == 421


def test_a_page_that_is_being_made_anew_is_waited_for(pages: Pages) -> None:
    pages.ahead.expect([Output("about/index.html", "about")])

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=pages.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            asked = asyncio.create_task(client.get("/about/"))
            other = await client.get("/feed.xml")
            assert other.text == "<feed/>", "what stays as it is is answered at once"
            assert not asked.done()
            await asyncio.to_thread(pages.ahead.show, "about/index.html", b"anew")
            return await asked

    assert asyncio.run(request()).text == f"{SCRIPT}anew".replace('"1"', f'"{pages.live.build}"')


def test_the_last_good_page_is_shown_when_a_new_one_cannot_be_made(pages: Pages) -> None:
    pages.ahead.expect([Output("about/index.html", "about"), Output("index.html", "home")])
    pages.ahead.show("index.html", b"new home")
    assert ask(pages, "/").text.endswith("new home")
    pages.ahead.fail_all()
    assert ask(pages, "/").text.endswith("home")
    assert "new" not in ask(pages, "/").text
    assert ask(pages, "/about/").text.endswith("about")


def test_what_is_new_in_a_build_is_there_before_it_is_written(pages: Pages) -> None:
    pages.ahead.expect([Output("new/index.html", "new"), Output("assets/b.css", "b")])
    pages.ahead.show("new/index.html", b"new")
    pages.ahead.show("assets/b.css", b"b{}")
    with pages.gate:  # while the files are written
        assert ask(pages, "/new/").text.endswith("new")
        assert ask(pages, "/assets/b.css").text == "b{}"
    pages.ahead.fail_all()
    assert ask(pages, "/new/").status_code == 404
