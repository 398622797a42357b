"""A stand-in for Ollama over real HTTP, as its source at v0.33.0-rc2 answers.

    with OllamaServer(model="qwen3:8b") as server:
        engine = Ollama(server.settings())
        server.fail_next("queue_full", times=2)
        …
        assert server.chats == 3
        assert server.complaints == []

It answers sitegen's prompts by rule (see ``model``), so that summaries are grounded and always the same. What a client
forgets that would bite it with a real server (a text cut silently, a model reloaded, thoughts instead of an answer) is
done here as the real one does it, and noted in ``complaints``.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from sitegen import settings
from tests.servers.chat import Call, ChatServer, Fault, Json, pieces, tokens

VERSION = "0.33.0"
GIB = 1024**3
_LOAD_OPTIONS = ("num_ctx", "num_batch", "num_gpu", "main_gpu", "use_mmap", "num_thread", "draft_num_predict")
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    **dict.fromkeys(
        ("num_ctx", "num_batch", "num_gpu", "num_predict", "seed", "top_k", "num_keep"), ("integer", (int, float))
    ),
    **dict.fromkeys(("temperature", "top_p", "min_p", "repeat_penalty"), ("float32", (int, float))),
}
_DURATION = re.compile(r"-?(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+")


class OllamaServer(ChatServer):
    """The stand-in; a context manager that listens on a free port of the loopback address."""

    faults = frozenset(
        {
            "queue_full",  # 503
            "slow_load",  # value: seconds before anything is said
            "missing",  # 404
            "context",  # 400; value: the number of tokens that the server counted
            "rejected",  # 400; value: the words
            "crash",  # 500
            "out_of_memory",  # 500
            "broken_json",  # an answer that is no JSON, in a stream that is fine
            "schema",  # an answer that does not fit the schema
            "repetition",  # the stream ends without its last line
            "repeat_limit",  # the same since September 2026: an error line
            "error_line",  # value: the words; status 200, in the middle of the answer
            "truncated",  # the connection is cut in the middle of the answer
            "dropped",  # the connection is cut before the answer
            "broken_line",  # a line that is no JSON
            "stall",  # value: seconds of silence in the middle of the answer
            "thinking",  # all in the thoughts, then out of room
            "thoughts",  # the answer stands in the thoughts
            "length",  # out of room in the middle of the answer
            "html",  # a login page with status 200
            "forbidden",  # 403 with an empty body
        }
    )

    def __init__(
        self,
        model: str = "qwen3:8b",
        *,
        digest: str = "",
        version: str = VERSION,
        quantization: str = "Q4_K_M",
        trained_context: int = 40960,
        gpu_share: float = 1.0,
        no_cloud: bool | None = True,
        remote_host: str = "",
        kind: str = "gguf",
        family: str = "qwen3",
        thinks: bool = True,
        others: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.model = model if ":" in model else f"{model}:latest"
        self.digest = digest or hashlib.sha256(self.model.encode()).hexdigest()
        self.version, self.quantization, self.kind = version, quantization, kind
        self.trained_context, self.gpu_share, self.thinks = trained_context, gpu_share, thinks
        self.remote_host = remote_host
        self.no_cloud = no_cloud
        """Whether it was started with OLLAMA_NO_CLOUD, as our compose file does; None: it is too old to say."""
        self.family = family
        self.unloadable = ""
        """Why the model cannot be loaded, in the server's words."""
        self.others = others
        """Further models, which are only listed."""
        self.loads = 0
        """How often the model was loaded: more than once means that a client changed an option."""
        self._loaded: Mapping[str, Any] | None = None

    def settings(self, **options: Any) -> settings.Ollama:
        """Settings of sitegen that fit this server."""
        return settings.Ollama(**{"endpoints": (self.url,), "model": self.model, "timeout": 5, **options})

    # ------------------------------------------------------------------------------------------------------ addresses

    def answer(self, call: Call) -> None:
        routes: dict[tuple[str, str], Callable[[], None]] = {
            ("GET", "/"): lambda: call.send(200, "Ollama is running", "text/plain; charset=utf-8"),
            ("GET", "/api/version"): lambda: call.send(200, {"version": self.version}),
            ("GET", "/api/tags"): lambda: call.send(200, {"models": self._tags()}),
            **self._status(call),
            ("GET", "/api/ps"): lambda: call.send(200, {"models": self._running()}),
            ("POST", "/api/show"): lambda: self._show(call),
            ("POST", "/api/chat"): lambda: self._chat(call),
        }
        if route := routes.get((call.command, call.path.partition("?")[0])):
            route()
        elif any(path == call.path for _, path in routes):
            call.send(405, "405 method not allowed", "text/plain")
        else:
            call.send(404, "404 page not found", "text/plain")

    def _status(self, call: Call) -> dict[tuple[str, str], Callable[[], None]]:
        cloud = {"cloud": {"disabled": self.no_cloud, "source": "env" if self.no_cloud else "none"}}
        return {} if self.no_cloud is None else {("GET", "/api/status"): lambda: call.send(200, cloud)}

    def _details(self) -> Json:
        return {
            "parent_model": "",
            "format": self.kind,
            "family": self.family,
            "families": [self.family],
            "parameter_size": "8.2B",
            "quantization_level": self.quantization,
        }

    def _tags(self) -> list[Json]:
        remote = {"remote_host": self.remote_host, "remote_model": self.model} if self.remote_host else {}
        listed = [(self.model, self.digest, remote)] if self.model else []
        listed += [(name, hashlib.sha256(name.encode()).hexdigest(), {}) for name in self.others]
        return [
            {
                "name": name,
                "model": name,
                **extra,
                "modified_at": "2026-10-01T12:00:00.123456789Z",
                "size": 5 * GIB,
                "digest": digest,
                "details": self._details(),
            }
            for name, digest, extra in listed
        ]

    def _running(self) -> list[Json]:
        if self._loaded is None:
            return []
        return [
            {
                "name": self.model,
                "model": self.model,
                "size": 8 * GIB,
                "digest": self.digest,
                "details": self._details(),
                "expires_at": "2026-10-01T12:30:00Z",
                "size_vram": int(8 * GIB * self.gpu_share),
                "context_length": self._context(self._loaded),
            }
        ]

    def _show(self, call: Call) -> None:
        name = (call.body or {}).get("model", "")
        if not self._has(name):
            call.send(404, {"error": f"model '{name}' not found"})
            return
        info = {"general.architecture": "qwen3", "qwen3.context_length": self.trained_context}
        remote = {"remote_host": self.remote_host, "remote_model": self.model} if self.remote_host else {}
        capabilities = ["completion", *(["thinking"] if self.thinks else [])]
        blob = f"/root/.ollama/models/blobs/sha256-{hashlib.sha256(self.digest.encode()).hexdigest()}"
        modelfile = f'# Modelfile generated by "ollama show"\nFROM {blob}\nTEMPLATE "{{{{ .Prompt }}}}"\n'
        shown = {"modelfile": modelfile, "parameters": "", "template": "", "details": self._details()}
        call.send(200, {**shown, **remote, "model_info": info, "capabilities": capabilities})

    # ----------------------------------------------------------------------------------------------------------- chat

    def _chat(self, call: Call) -> None:
        if refused := self._wrong(call.body):
            call.send(*refused)
            return
        body: Json = call.body
        if self.unloadable:
            call.send(500, {"error": self.unloadable})
            return
        if not body.get("messages"):
            self._load(body)
            call.send(200, {**self._head(), "message": _said(""), "done_reason": "load", "done": True})
            return
        self._look_over(body)
        with self.load.one_more():
            self.chats += 1
            fault = self.next_fault()
            if fault and fault.name == "slow_load":
                call.wait(fault.value)
            if self.delay:
                call.wait(self.delay)
            if fault and self._refuse(call, fault, body):
                return
            self._load(body)
            self._respond(call, body, fault)

    def _wrong(self, body: Any) -> tuple[int, Json] | None:
        """What the real server refuses, with its words."""
        if not isinstance(body, dict):
            return 400, {"error": "missing request body"}
        name = body.get("model", "")
        if not name:
            return 400, {"error": "model is required"}
        if not self._has(name):
            return 404, {"error": f"model '{name}' not found"}
        form = body.get("format")
        if not (form is None or form in ("", "json") or isinstance(form, dict)):
            words = 'expected "json" or a valid JSON Schema object'
            return 500, {"error": f"invalid format: {json.dumps(form)}; {words}"}
        for option, value in (body.get("options") or {}).items():
            wanted, kinds = _TYPES.get(option, ("", (object,)))
            if (isinstance(value, bool) and wanted) or not isinstance(value, kinds):
                return 500, {"error": f'option "{option}" must be of type {wanted}'}
        if body.get("think") and not self.thinks:
            return 400, {"error": f'"{name}" does not support thinking'}
        keep = body.get("keep_alive")
        if isinstance(keep, str) and not _DURATION.fullmatch(keep):
            return 400, {"error": f'time: missing unit in duration "{keep}"'}
        return None

    def _look_over(self, body: Json) -> None:
        """Notes what the real server would accept without a word, and do something else than the client thinks."""
        think = "low" if self.family == "gptoss" else False
        wanted = {"stream": True, "think": think, "truncate": False, "shift": False}
        self.complaints += [
            f"{name} is {body.get(name)!r}" for name, value in wanted.items() if body.get(name) != value
        ]
        options = body.get("options") or {}
        self.complaints += [
            f"no {name}" for name in ("num_ctx", "num_predict", "temperature", "seed") if name not in options
        ]
        self.complaints += [f"unknown option {name}" for name in options if name not in _TYPES]
        if not isinstance(body.get("format"), dict):
            self.complaints.append("no schema")
        self.complaints += [f"unbounded: {path}" for path in _unbounded(body.get("format"), "format")]
        if "keep_alive" not in body:
            self.complaints.append("no keep_alive")

    def _load(self, body: Json) -> None:
        options = body.get("options") or {}
        wanted = {"shift": body.get("shift", True), **{name: options.get(name) for name in _LOAD_OPTIONS}}
        if wanted != self._loaded:
            self.loads += 1
            self._loaded = wanted

    def _refuse(self, call: Call, fault: Fault, body: Json) -> bool:
        """Answers with an error, if the fault is one that comes before the answer."""
        runner = "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error"
        errors: dict[str, tuple[int, Json | str]] = {
            "queue_full": (503, {"error": "server busy, please try again.  maximum pending requests exceeded"}),
            "missing": (404, {"error": f"model '{body['model']}' not found"}),
            "context": (400, _too_long(fault.value or 99_999, self._context(self._options(body)))),
            "rejected": (400, {"error": fault.value or "invalid"}),
            "crash": (500, {"error": f"{runner}, check ollama server logs for details"}),
            "out_of_memory": (500, {"error": "llama-server process has terminated: exit status 1 cudaMalloc failed"}),
            "forbidden": (403, ""),
        }
        if fault.name == "dropped":
            call.hang_up()
        elif fault.name == "html":
            call.send(200, "<!doctype html><title>Log in</title>", "text/html")
        elif fault.name in errors:
            call.send(*errors[fault.name])
        else:
            return False
        return True

    def _respond(self, call: Call, body: Json, fault: Fault | None) -> None:
        started = time.perf_counter_ns()
        messages, context = body["messages"], self._context(self._options(body))
        count = tokens(messages)
        if count > context - 1:
            if body.get("truncate") is False or body.get("shift") is False:
                call.send(400, _too_long(count, context))
                return
            kept = context // 2 + 2  # what a client that forgets `truncate` gets, without being told
            messages = [{**messages[-1], "content": messages[-1]["content"][-kept * 4 :]}]
            count = kept
        text = self.reply(messages, body["format"] if isinstance(body.get("format"), dict) else None)
        text = _spoilt(text, fault)
        cut = text[: int(self._options(body).get("num_predict") or 10**6) * 4]
        with call.streaming("application/x-ndjson") as send:

            def line(value: Json) -> None:
                send(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace") + b"\n")

            parts = pieces(cut)
            name = fault.name if fault else ""
            if name == "length":
                parts = parts[: max(len(parts) // 2, 1)]
                cut = "".join(parts)
            for number, part in enumerate(parts):
                if number == max(len(parts) // 2, 1) and self._breaks(call, fault, line, send):
                    return
                line(
                    {
                        **self._head(),
                        "message": _said("", part) if name.startswith("th") else _said(part),
                        "done": False,
                    }
                )
            reason = "length" if len(cut) < len(text) or name in ("length", "thinking") else "stop"
            took = time.perf_counter_ns() - started
            line(
                {
                    **self._head(),
                    "message": _said(""),
                    "done": True,
                    "done_reason": reason,
                    **_metrics(count, cut, took),
                }
            )

    def _breaks(self, call: Call, fault: Fault | None, line: Any, send: Any) -> bool:
        """Does what the fault does in the middle of an answer; true when that was the end of it."""
        name = fault.name if fault else ""
        if name == "stall" and fault:
            call.wait(fault.value)
        elif name == "truncated":
            call.hang_up()
        elif name == "broken_line":
            send(b'{"model": "half a li\n')
        elif name == "repeat_limit":
            line({"error": "prediction aborted, token repeat limit reached"})
        elif name == "error_line" and fault:
            line({"error": fault.value or "an error was encountered while running the model: unexpected EOF"})
        return name in ("repetition", "truncated", "broken_line", "repeat_limit", "error_line")

    def _has(self, name: str) -> bool:
        full = name.lower() if ":" in name else f"{name.lower()}:latest"
        return full in {one.lower() for one in (self.model, *self.others)}

    def _head(self) -> Json:
        return {"model": self.model, "created_at": "2026-10-01T12:00:00.123456789Z"}

    def _options(self, body: Json) -> Mapping[str, Any]:
        return body.get("options") or {}

    def _context(self, options: Mapping[str, Any]) -> int:
        return min(int(options.get("num_ctx") or 4096), self.trained_context)


def _said(content: str, thinking: str = "") -> Json:
    return {"role": "assistant", "content": content, **({"thinking": thinking} if thinking else {})}


def _spoilt(text: str, fault: Fault | None) -> str:
    if fault and fault.name == "broken_json":
        return text[: len(text) // 2]
    return '{"points": "many", "title": 3}' if fault and fault.name == "schema" else text


def _metrics(prompt: int, text: str, nanoseconds: int) -> Json:
    """Integers; the durations in nanoseconds; what is 0 is left out."""
    found = {
        "total_duration": nanoseconds,
        "load_duration": nanoseconds // 10,
        "prompt_eval_count": prompt,
        "prompt_eval_duration": nanoseconds // 3,
        "eval_count": len(text) // 4,
        "eval_duration": nanoseconds // 2,
    }
    return {name: value for name, value in found.items() if value}


def _too_long(count: int, context: int) -> Json:
    """What llama-server says, as a string inside what Ollama says."""
    words = f"request ({count} tokens) exceeds the available context size ({context} tokens), try increasing it"
    inner = {
        "error": {
            "code": 400,
            "message": words,
            "type": "exceed_context_size_error",
            "n_prompt_tokens": count,
            "n_ctx": context,
        }
    }
    return {"error": json.dumps(inner, separators=(",", ":"))}


def _unbounded(schema: Any, path: str) -> list[str]:
    """The strings and lists of a schema without a bound, or with one that llama.cpp drops."""
    if not isinstance(schema, dict):
        return []
    found = [path] if schema.get("type") == "string" and not 0 < schema.get("maxLength", 0) < 2000 else []
    found += [path] if schema.get("type") == "array" and "maxItems" not in schema else []
    for name, inner in schema.get("properties", {}).items():
        found += _unbounded(inner, f"{path}.{name}")
    return found + _unbounded(schema.get("items"), f"{path}[]")
