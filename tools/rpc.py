"""Talk to a running Odoo as the web client does."""

import json
import urllib.request
from http.cookiejar import CookieJar
from typing import Any


class RpcError(Exception):
    """An exception that the server answered: ``name`` is its class, the message its own."""

    def __init__(self, error: dict) -> None:
        data = error.get("data") or {}
        self.name: str = data.get("name", "")
        self.message: str = data.get("message") or error.get("message", "")
        self.debug: str = data.get("debug", "")
        super().__init__(f"{self.name}: {self.message}")


class Visitor:
    """A session as a browser has it, of somebody who is not signed in yet."""

    def __init__(self, url: str, db: str) -> None:
        self._url = url
        self._db = db
        self._cookies = CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def sign_in(self, login: str, password: str) -> dict:
        """Sign a user in, and return what the server says of the session."""
        return self.post(
            "/web/session/authenticate",
            {"db": self._db, "login": login, "password": password},
        )

    @property
    def session_id(self) -> str:
        """The value of the session's cookie."""
        return next(
            cookie.value or ""
            for cookie in self._cookies
            if cookie.name == "session_id"
        )

    def get(self, path: str) -> bytes:
        """Fetch a page or file."""
        with self._opener.open(self._url + path, timeout=120) as answer:
            return answer.read()

    def post(self, path: str, parameters: dict) -> Any:
        """Call a JSON route; raises :class:`RpcError` with what the server says."""
        request = urllib.request.Request(
            self._url + path,
            data=json.dumps(
                {"jsonrpc": "2.0", "method": "call", "params": parameters}
            ).encode(),
            headers={"Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=300) as answer:
            body = json.load(answer)
        if "error" in body:
            raise RpcError(body["error"])
        return body.get("result")


class Rpc(Visitor):
    """A session of one user, as the web client has it."""

    def __init__(self, url: str, db: str, login: str, password: str) -> None:
        super().__init__(url, db)
        self.uid: int = self.sign_in(login, password)["uid"]

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model's method; raises :class:`RpcError` with what the server says."""
        parameters = {
            "model": model,
            "method": method,
            "args": list(args),
            "kwargs": kwargs,
        }
        return self.post(f"/web/dataset/call_kw/{model}/{method}", parameters)
