"""Netlify's API as its own client wants it: a deploy is made empty, then told its files; sites have accounts."""

from __future__ import annotations

import json

from tests.servers.netlify import Json, NetlifyServer


class NetlifyForItsClient(NetlifyServer):
    """The same account, asked by ``netlify-cli``."""

    def _route(self, method: str, parts: list[str], body: bytes) -> tuple[int, object]:
        if method == "GET" and parts == ["accounts"]:
            return 200, [{"id": "account", "slug": "account", "name": "The account"}]
        if method == "GET" and parts == ["accounts", "account", "env"]:
            return 200, []
        if method == "POST" and parts == ["sites", self.site, "deploys"] and "files" not in json.loads(body):
            return self._begin(json.loads(body))
        if method == "PUT" and parts[:3] == ["sites", self.site, "deploys"]:
            return self._announce(parts[3], json.loads(body))
        return super()._route(method, parts, body)

    def _site(self) -> tuple[int, Json]:
        status, found = super()._site()
        more = {"name": "example", "url": found["ssl_url"], "account_slug": "account", "build_settings": {}}
        return status, {**found, **more}

    def _begin(self, wanted: Json) -> tuple[int, Json]:
        status, made = self._create({**wanted, "files": {}})
        self.deploys[made["id"]]["state"] = "new"
        return status, {**made, "state": "new"}

    def _announce(self, name: str, wanted: Json) -> tuple[int, Json]:
        deploy = self.deploys[name]
        deploy["_files"] = {f"/{path.lstrip('/')}": sha for path, sha in wanted["files"].items()}
        deploy["_missing"] = sorted(set(deploy["_files"].values()) - self.blobs.keys())
        deploy["state"] = "uploading"
        self._settle(deploy)
        return 200, self._told(deploy)
