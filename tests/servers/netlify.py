"""Netlify's API as far as deploys need it, over real HTTP, with its moods on demand.

It follows the API's description and what its own client was seen to send: a deploy lists paths with SHA-1 hashes, the
answer names those that are required, each is put below the deploy, and it is ready when none is missing.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

Json = dict[str, Any]


@dataclass
class NetlifyServer:
    """One account with one site."""

    token: str = "nfp_test"
    site: str = "site-1"
    deploys: dict[str, Json] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)
    """What was ever uploaded, by SHA-1."""
    published: str = ""
    locked: bool = False
    requests: list[tuple[str, str]] = field(default_factory=list)
    moods: list[tuple[str, str, int, dict[str, str]]] = field(default_factory=list)
    """Method, part of the path, and the status with which the next such request is turned away; 0 drops it."""
    slow_preparation: int = 0
    """How often a deploy is still ``preparing`` when it is looked at."""
    broken: str = ""
    """What is wrong with the next deploy once all is there."""
    address: Callable[[str], str] = "https://{}--example.netlify.app".format
    """Where a deploy can be seen; the public site at the address of nothing."""
    _turn: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Self:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.content()
                status, value, headers = server._answer(self.command, self.path, self.headers, body)
                if status == 0:
                    self.close_connection = True
                    self.connection.close()
                    return
                raw = b"" if value is None else json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                for name, text in headers.items():
                    self.send_header(name, text)
                self.end_headers()
                self.wfile.write(raw)

            def content(self) -> bytes:
                if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                parts = []
                while size := int(self.rfile.readline(), 16):
                    parts.append(self.rfile.read(size))
                    self.rfile.readline()
                self.rfile.readline()
                return b"".join(parts)

            do_GET = do_POST = do_PUT = answer  # noqa: N815  # the names that the library wants

            def log_message(self, *_: object) -> None:
                pass

        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/api/v1"

    def shown(self) -> dict[str, bytes]:
        """What the public sees: each path with its content."""
        return {path: self.blobs[sha] for path, sha in self.deploys[self.published]["_files"].items()}

    def uploads(self) -> int:
        return sum(method == "PUT" for method, _ in self.requests)

    # -------------------------------------------------------------------------------------------------------- answers

    def _answer(self, method: str, path: str, headers: Any, body: bytes) -> tuple[int, Any, dict[str, str]]:
        with self._lock:
            parts = [unquote(part) for part in urlsplit(path).path.removeprefix("/api/v1/").split("/")]
            self.requests.append((method, "/".join(parts)))
            for mood in self.moods:
                if mood[0] == method and mood[1] in path:
                    self.moods.remove(mood)
                    return mood[2], {"code": mood[2], "message": "not now"}, mood[3]
            if headers.get("Authorization") != f"Bearer {self.token}":
                return 401, {"code": 401, "message": "Access Denied"}, {}
            status, value = self._route(method, parts, body)
            return status, value, {}

    def _route(self, method: str, parts: list[str], body: bytes) -> tuple[int, Any]:
        routes: list[tuple[str, list[str], Callable[..., tuple[int, Any]]]] = [
            ("GET", ["sites", self.site], self._site),
            ("GET", ["sites", self.site, "deploys"], self._list),
            ("POST", ["sites", self.site, "deploys"], lambda: self._create(json.loads(body))),
        ]
        for verb, wanted, answer in routes:
            if method == verb and parts == wanted:
                return answer()
        if method == "POST" and parts[:3] == ["sites", self.site, "deploys"] and parts[4:] == ["restore"]:
            return self._restore(parts[3])
        if method == "GET" and parts[-2:-1] == ["deploys"]:
            return self._deploy(parts[-1])
        if method == "PUT" and parts[0] == "deploys" and parts[2] == "files":
            return self._put(parts[1], "/" + "/".join(parts[3:]), body)
        return 404, {"code": 404, "message": "Not Found"}

    def _site(self) -> tuple[int, Json]:
        published = self._told(self.deploys[self.published]) if self.published else None
        if published:
            published["locked"] = self.locked
        return 200, {"id": self.site, "ssl_url": "https://example.netlify.app", "published_deploy": published}

    def _list(self) -> tuple[int, Any]:
        return 200, [self._told(found) for found in reversed(self.deploys.values())]

    def _create(self, wanted: Json) -> tuple[int, Json]:
        self._turn += 1
        name = f"d{self._turn:04}"
        missing = sorted({sha for sha in wanted["files"].values() if sha not in self.blobs})
        self.deploys[name] = {
            "id": name,
            "site_id": self.site,
            "state": "preparing" if wanted.get("async") and self.slow_preparation else "uploading",
            "title": wanted.get("title"),
            "deploy_ssl_url": self.address(wanted.get("branch") or name),
            "created_at": f"2026-01-01T00:00:{self._turn:02}Z",
            # What has a name of its own is shown there at once.
            "published_at": f"2026-01-01T00:00:{self._turn:02}Z" if wanted.get("branch") else None,
            "branch": wanted.get("branch"),
            "draft": wanted.get("draft", False),
            "required": [] if wanted.get("async") and self.slow_preparation else missing,
            "_files": wanted["files"],
            "_missing": missing,
        }
        self._settle(self.deploys[name])
        return 200, self._told(self.deploys[name])

    def _settle(self, deploy: Json) -> None:
        deploy["_missing"] = [sha for sha in deploy["_missing"] if sha not in self.blobs]
        if deploy["state"] == "uploading":
            deploy["required"] = deploy["_missing"]
            if not deploy["_missing"]:
                deploy["state"] = "error" if self.broken else "ready"
                deploy["error_message"] = self.broken or None

    def _deploy(self, name: str) -> tuple[int, Any]:
        found = self.deploys.get(name)
        if found is None:
            return 404, {"code": 404, "message": "Not Found"}
        if found["state"] == "preparing":
            self.slow_preparation -= 1
            if self.slow_preparation <= 0:
                found["state"] = "uploading"
        self._settle(found)
        return 200, self._told(found)

    def _put(self, name: str, path: str, body: bytes) -> tuple[int, Any]:
        deploy = self.deploys.get(name)
        sha = hashlib.sha1(body, usedforsecurity=False).hexdigest()
        if deploy is None or deploy["_files"].get(path) != sha:
            return 422, {"code": 422, "message": "the file is not the one that was announced"}
        self.blobs[sha] = body
        self._settle(deploy)
        return 200, {"id": path, "sha": sha}

    def _restore(self, name: str) -> tuple[int, Any]:
        found = self.deploys.get(name)
        if found is None or found["state"] != "ready":
            return 404, {"code": 404, "message": "Not Found"}
        self._turn += 1
        found["published_at"] = f"2026-01-01T01:00:{self._turn:02}Z"
        self.published = name
        return 200, self._told(found)

    def _told(self, deploy: Json) -> Json:
        return {name: value for name, value in deploy.items() if not name.startswith("_")}
