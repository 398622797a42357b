"""A stand-in for a server with the OpenAI chat API, over real HTTP: it acts as llama.cpp, vLLM or LM Studio (``kind``).

    with OpenAIServer() as server:
        engine = OpenAI(server.settings())
        server.fail_next("length")

It answers sitegen's prompts by rule, see ``model``.
"""

from __future__ import annotations

import json
import random
import time
from typing import Any, Literal

from sitegen import settings
from tests.servers.chat import Call, ChatServer, Fault, Json, pieces, tokens


class OpenAIServer(ChatServer):
    """The stand-in; a context manager that listens on a free port of the loopback address."""

    faults = frozenset(
        {
            "loading",  # 503, while llama.cpp loads the model
            "rate",  # 429
            "context",  # 400; value: the number of tokens that the server counted
            "rejected",  # 400; value: the words
            "crash",  # 500
            "broken_json",  # an answer that is no JSON, in a stream that is fine
            "schema",  # an answer that does not fit the schema
            "error_event",  # status 200, in the middle of the answer
            "truncated",  # the connection is cut in the middle of the answer
            "dropped",  # the connection is cut before the answer
            "unfinished",  # the stream ends without a reason
            "length",  # out of room in the middle of the answer
            "html",  # a login page with status 200
            "reasoning",  # thoughts first, then the answer
            "thoughts",  # the answer stands in the thoughts
            "thinking",  # all in the thoughts, then out of room
            "tags",  # thoughts in <think> before the answer
            "open_tag",  # thoughts in <think> that never end
            "reason",  # value: why the answer ended
        }
    )

    def __init__(
        self,
        model: str = "/srv/models/qwen3-8b-q4_k_m.gguf",
        *,
        kind: Literal["llama.cpp", "vllm", "lmstudio", "plain"] = "llama.cpp",
        context: int = 8192,
        size: int = 4_900_000_000,
        slots: int = 4,
        loading: int = 0,
        others: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.model, self.kind, self.context, self.size, self.slots = model, kind, context, size, slots
        self.loading = loading
        """So many more times it says that it is still loading its model."""
        self.others = others
        """Further models, which are only listed."""
        self.too_long = (
            "This model's maximum context length is {context} tokens. However, you requested {all} tokens ({count} in "
            "the messages, {answer} in the completion). Please reduce the length of the messages or completion."
        )
        """vLLM's words, which change with its versions."""

    def settings(self, **options: Any) -> settings.OpenAI:
        """Settings of sitegen that fit this server."""
        return settings.OpenAI(**{"endpoints": (f"{self.url}/v1",), "timeout": 5, **options})

    def answer(self, call: Call) -> None:
        path = call.path.partition("?")[0]
        if self.loading:
            self.loading -= 1
            call.send(503, {"error": {"message": "Loading model", "type": "unavailable_error", "code": 503}})
            return
        if call.command == "POST" and path == "/v1/chat/completions":
            self._chat(call)
        elif path == "/v1/models":
            others = [{"id": name, "object": "model", "owned_by": "x"} for name in self.others]
            call.send(200, {"object": "list", "data": [*others, self._entry()]})
        elif path == "/api/v0/models" and self.kind == "lmstudio":
            state = {"state": "loaded", "max_context_length": 131072, "loaded_context_length": self.context}
            call.send(200, {"object": "list", "data": [{"id": self.model, "quantization": "Q4_K_M", **state}]})
        elif path == "/props" and self.kind == "llama.cpp":
            settings = {"default_generation_settings": {"n_ctx": self.context}, "total_slots": self.slots}
            call.send(200, {**settings, "build_info": "b10488-abc"})
        elif path == "/version" and self.kind == "vllm":
            call.send(200, {"version": "0.20.1"})
        else:
            call.send(404, {"error": {"message": "File Not Found", "type": "not_found_error", "code": 404}})

    def _entry(self) -> Json:
        entry: Json = {"id": self.model, "object": "model", "created": int(time.time()), "owned_by": "llamacpp"}
        if self.kind == "llama.cpp":
            return {
                **entry,
                "meta": {"n_vocab": 151936, "n_ctx_train": 40960, "n_params": 8190735360, "size": self.size},
            }
        if self.kind != "vllm":
            return entry
        permission = [{"id": f"modelperm-{random.random()}"}]
        return {**entry, "root": self.model, "max_model_len": self.context, "permission": permission}

    def _chat(self, call: Call) -> None:
        body = call.body
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            call.send(
                400, {"error": {"message": "'messages' is required", "type": "invalid_request_error", "code": 400}}
            )
            return
        self._look_over(body)
        with self.load.one_more():
            self.chats += 1
            fault = self.next_fault()
            if self.delay:
                call.wait(self.delay)
            if not (fault and self._refuse(call, fault)):
                self._respond(call, body, fault)

    def _look_over(self, body: Json) -> None:
        wanted = ("response_format", "max_tokens", "temperature", "seed", "stream")
        self.complaints += [f"no {name}" for name in wanted if name not in body]
        if body.get("response_format", {}).get("type") != "json_schema":
            self.complaints.append("no schema")
        if body.get("model") != self.model:
            self.complaints.append(f"model {body.get('model')}")

    def _refuse(self, call: Call, fault: Fault) -> bool:
        errors = {
            "loading": (503, "Loading model", "unavailable_error"),
            "rate": (429, "Too many requests", "rate_limit_error"),
            "rejected": (400, fault.value or "invalid", "invalid_request_error"),
            "crash": (500, "decode failed", "server_error"),
        }
        if fault.name == "dropped":
            call.hang_up()
        elif fault.name == "html":
            call.send(200, "<!doctype html><title>Log in</title>", "text/html")
        elif fault.name == "context":
            call.send(400, self._too_long(fault.value or 99_999))
        elif fault.name in errors:
            status, words, kind = errors[fault.name]
            call.send(status, {"error": {"code": status, "message": words, "type": kind}})
        else:
            return False
        return True

    def _too_long(self, count: int) -> Json:
        if self.kind == "vllm":
            words = self.too_long.format(context=self.context, count=count, answer=2048, all=count + 2048)
            return {"error": {"message": words, "type": "BadRequestError", "param": None, "code": 400}}
        if self.kind == "lmstudio":
            return {
                "error": f"Trying to keep the first {count} tokens when context the overflows. However, the model is "
                f"loaded with context length of only {self.context} tokens, which is not enough."
            }
        words = (
            f"request ({count} tokens) exceeds the available context size ({self.context} tokens), try increasing it"
        )
        kind = "exceed_context_size_error"
        return {"error": {"code": 400, "message": words, "type": kind, "n_prompt_tokens": count, "n_ctx": self.context}}

    def _respond(self, call: Call, body: Json, fault: Fault | None) -> None:
        count = tokens(body["messages"])
        if count >= self.context:
            call.send(400, self._too_long(count))
            return
        name = fault.name if fault else ""
        text = self.reply(body["messages"], body.get("response_format", {}).get("json_schema", {}).get("schema"))
        text = '{"points": "many"}' if name == "schema" else text[: len(text) // 2] if name == "broken_json" else text
        cut = text[: int(body.get("max_tokens") or 10**6) * 4]
        if name in ("length", "unfinished", "truncated", "error_event"):
            cut = cut[: len(cut) // 2]
        with call.streaming("text/event-stream") as send:

            def event(value: Json) -> None:
                send(b"data: " + json.dumps(value).encode() + b"\n\n")

            def choice(delta: Json, reason: str | None = None) -> Json:
                head = {"object": "chat.completion.chunk", "id": "chatcmpl-1", "model": self.model}
                return {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

            event(choice({"role": "assistant", "content": None}))
            thought = "reasoning" if self.kind == "vllm" else "reasoning_content"
            if name in ("reasoning", "thinking"):
                for part in pieces('Let me see: {"word": "first"} or rather something else. ' * 4):
                    event(choice({thought: part}))
            if name in ("tags", "open_tag"):
                tag = "" if name == "open_tag" else "</think>"
                event(choice({"content": '<think>It could be {"word": "thought"}.' + tag + "\n"}))
            for part in pieces(cut) if name not in ("thinking", "open_tag") else ():
                event(choice({thought if name == "thoughts" else "content": part}))
            if name == "truncated":
                call.hang_up()
                return
            if name == "error_event" and self.kind == "lmstudio":
                send(b'event: error\ndata: {"error": "The model has crashed without additional information."}\n\n')
                return
            if name == "error_event":
                send(b'error: {"code":500,"message":"decode failed","type":"server_error"}\n\n')
                return
            if name != "unfinished":
                ended = "length" if len(cut) < len(text) or name == "thinking" else "stop"
                event(choice({}, fault.value if fault and name == "reason" else ended))
                usage = {
                    "prompt_tokens": count,
                    "completion_tokens": len(cut) // 4,
                    "total_tokens": count + len(cut) // 4,
                }
                event({"object": "chat.completion.chunk", "choices": [], "usage": usage})
            send(b"data: [DONE]\n\n")
