"""A model hub on the loopback that answers as the real one does: redirects to a store, tags, ranges, and refusals."""

import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """`models` maps ORG/NAME to its files; the other fields say how the hub misbehaves, `seen` what it was asked."""

    models: dict[str, dict[str, bytes]]
    gated: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    cuts: list[int] = field(default_factory=list)  # bytes after which the next answers of the store break off
    damaged: bool = False  # the store sends one wrong byte
    short: bool = False  # the store sends less than was announced, and says so
    pace: float = 0  # seconds for each megabyte that the store sends
    flows: threading.Event = field(default_factory=threading.Event)  # cleared: the store sends no more than a megabyte
    status: int = 200
    foreign: bool = False  # answers, but is no hub
    gone: bool = False
    commit: str = COMMIT  # the newest version
    seen: list[tuple[str, str, str]] = field(default_factory=list)  # method, path, range

    def __enter__(self) -> "Hub":
        self.flows.set()
        handler = type("Handler", (_Handler,), {"hub": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def leave(self) -> None:
        """Nobody listens any more, and connections that are still open break off."""
        self.gone = True
        self.flows.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def fetched(self) -> list[str]:
        """The paths of all GET requests."""
        return [path for method, path, _ in self.seen if method == "GET"]


def tag(content: bytes, large: bool) -> str:
    """The hub's name of a file's content: SHA-256 in the store for large files, git's name of a blob for others."""
    if large:
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        hub, parts = self.hub, self.path.strip("/").split("/")
        if hub.gone:
            self.close_connection = True
            return None
        hub.seen.append((self.command, self.path, self.headers.get("Range", "")))
        if hub.status != 200:
            return self.refuse(hub.status, "")
        if hub.foreign:
            return self.send(200, b"<html>", {"ETag": '"1"'})
        if parts[0] == "store":
            return self.stored(parts[1])
        if parts[:2] == ["api", "models"]:
            return self.described("/".join(parts[2:4]))
        repo, file = "/".join(parts[:2]), "/".join(parts[4:])
        if not self.open_to_all(repo):
            return None
        if file not in hub.models[repo]:
            return self.refuse(404, "EntryNotFound", {"X-Repo-Commit": hub.commit})
        content = hub.models[repo][file]
        large = file.endswith((".safetensors", ".bin"))
        known = {"X-Repo-Commit": hub.commit, "ETag": f'"{tag(content, large)}"'}
        if not large:
            return self.send(200, content, known)
        linked = {"X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{tag(content, True)}"'}
        return self.send(302, b"", {**known, **linked, "Location": f"{hub.address}/store/{tag(content, True)}"})

    def open_to_all(self, repo: str) -> bool:
        if repo in self.hub.private or repo not in self.hub.models:
            self.refuse(401 if repo in self.hub.private else 404, "RepoNotFound")
        elif repo in self.hub.gated and "Authorization" not in self.headers:
            self.refuse(401, "GatedRepo")
        else:
            return True
        return False

    def described(self, repo: str) -> None:
        if self.open_to_all(repo):
            files = [{"rfilename": file} for file in self.hub.models[repo]]
            self.send(200, json.dumps({"id": repo, "sha": self.hub.commit, "siblings": files}).encode(), {})

    def stored(self, name: str) -> None:
        every = [content for files in self.hub.models.values() for content in files.values()]
        content = next(content for content in every if tag(content, True) == name)
        linked = {"X-Repo-Commit": self.hub.commit, "X-Linked-Size": str(len(content)), "X-Linked-ETag": f'"{name}"'}
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if self.hub.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        if self.hub.short:
            content = content[:-9]
        if start:
            linked["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self.send(206 if start else 200, content[start:], linked, self.command == "GET")

    def refuse(self, status: int, code: str, more: dict[str, str] | None = None) -> None:
        self.send(status, b"", {"X-Error-Code": code, **(more or {})} if code else {})

    def send(self, status: int, body: bytes, headers: dict[str, str], may_break: bool = False) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if may_break and self.hub.cuts:
            body = body[: self.hub.cuts.pop(0)]
            self.close_connection = True
        for start in range(0, len(body), 1 << 20):
            if start:
                self.hub.flows.wait(60)
            try:
                self.wfile.write(body[start : start + (1 << 20)])
            except ConnectionError:  # whoever asked has left
                self.close_connection = True
                return
            time.sleep(self.hub.pace)
