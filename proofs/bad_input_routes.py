"""Requests that no page of ours makes, to every route."""

import io
import json
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

import requests
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from PIL import Image

from proofs.bad_input_rules import (
    ACCEPTED,
    FAULT,
    SENTENCE,
    SENTENCES,
    Verdict,
    Watch,
    changed,
    exception_of,
    judge,
)
from proofs.bad_input_surface import Route
from proofs.bad_input_values import (
    MEGABYTE,
    NUMBERS,
    PICTURE_WITH_SCRIPT,
    PIXEL,
    SCRIPT,
    TEXTS,
    VECTOR_WITH_SCRIPT,
    Pool,
    anything,
    rarely,
)

MODELS = {
    "ticket_id": "helpdesk.ticket",
    "task_id": "project.task",
    "line_id": "helpdesk.ticket.document",
    "project_id": "project.project",
}
"""What the ids in the addresses are of."""

NAMES = (
    "../../etc/passwd.png",
    'a"><img src=x onerror="window.__hit=1">.png',
    "a\r\nX-Injected: 1.png",
    "%s.jpg",
    "",
    "n" * 300 + ".png",
    "\u202egnp.exe",
)
"""Names of uploaded files."""

FORGED = ("0", "forged", "\u05d0", "%00", "None", "1" * 200)
"""Tokens that nobody was given."""

TOUCHED = {
    "/my/ticket/<int:ticket_id>/after-sales/<int:line_id>/pdf": {
        "account_move",
        "account_move_line",
    }
}
"""What core gives a new date of change when a page shows it, which prints it."""


def picture() -> bytes:
    """Give a photograph that is one."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    return content.getvalue()


CONTENTS = (
    picture(),
    picture()[:40],
    b"",
    VECTOR_WITH_SCRIPT,
    b"<html><script>window.__hit=1</script></html>",
    b"GIF89a" + b"\0" * 40,
    b"\xff\xd8\xff\xe0" + b"\0" * 40,
    b"\0" * (11 * 2**20),
)
"""What is in uploaded files."""


@dataclass(frozen=True)
class Request:
    """What is sent to a route."""

    user: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    form: tuple[tuple[str, str], ...]
    files: tuple[tuple[str, str, int], ...]
    json: Any
    has_token: bool


class Forms(HTMLParser):
    """Reads the links and forms of a page: where they go, and what they send."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self.links: list[str] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a field into account."""
        found = {key: value or "" for key, value in attrs}
        if tag == "a" and found.get("href", "").startswith("/"):
            self.links.append(found["href"].partition("?")[0].partition("#")[0])
        elif tag == "form":
            self.forms.append((found.get("action", ""), []))
        elif tag == "select":
            self._select = found.get("name", "")
        elif self.forms and tag == "option" and self._select:
            self.forms[-1][1].append((self._select, found.get("value", "")))
        elif self.forms and tag in ("input", "textarea", "button"):
            if name := found.get("name"):
                self.forms[-1][1].append((name, found.get("value", "")))


class Sender:
    """Sends requests to a route as somebody, and judges the answers."""

    def __init__(
        self, url: str, sessions: dict[str, str | None], pool: Pool, watch: Watch
    ) -> None:
        self._url = url
        self.pool = pool
        self._watch = watch
        self._sessions = {}
        for user, cookie in sessions.items():
            session = requests.Session()
            if cookie:
                session.cookies.set("session_id", cookie)
            self._sessions[user] = session
        self._forms = self._read_forms()
        self._tokens = {
            user: self._find_token(session) for user, session in self._sessions.items()
        }

    def _find_token(self, session: requests.Session) -> str:
        for path in ("/new/ticket", "/web/login"):
            page = session.get(self._url + path, timeout=60).text
            if found := re.search(r'csrf_token["\']?[:=\s]+(?:value=)?"(\w+)"', page):
                return found[1]
        return ""

    def _read_forms(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Open the pages that have forms as the customer, for what they would send."""
        self._links: set[str] = set()
        pages = ["/new/ticket", "/my/tickets", "/my/tasks"] + [
            f"/my/ticket/{ticket}{rest}"
            for ticket in self.pool.tickets
            for rest in ("", "/return")
        ]
        found = []
        for page in pages:
            answer = self._sessions["portal"].get(self._url + page, timeout=60)
            if answer.status_code != 200:
                continue
            reader = Forms()
            reader.feed(answer.text)
            found += [(action or page, fields) for action, fields in reader.forms]
            self._links.update(reader.links)
        return found

    def examples(self, route: Route) -> st.SearchStrategy:
        """Give requests to a route."""
        return _requests(self, route)

    def matching_forms(self, route: Route) -> list[tuple[str, list[tuple[str, str]]]]:
        """Give what our own pages send to a route."""
        pattern = _pattern(route)
        return [
            (action.partition("?")[0], fields)
            for action, fields in self._forms
            if pattern.fullmatch(action.partition("?")[0])
        ]

    def matching_links(self, route: Route) -> list[str]:
        """Give the addresses of a route that our own pages link to."""
        return sorted(filter(_pattern(route).fullmatch, self._links))

    def send(self, route: Route, request: Request) -> tuple[Verdict, str]:
        """Send a request, and judge what comes of it."""
        before = self._watch.digest()
        self._watch.tracebacks()
        verdict = self._judge(route, request, self._request(route, request))
        written = changed(before, self._watch.digest())
        if written and verdict.kind not in (ACCEPTED, FAULT):
            verdict = Verdict(FAULT, f"refused, but changed {', '.join(written)}")
        elif route.is_own and not may_write(route, request):
            if wrong := set(written) - TOUCHED.get(route.url, set()):
                names = ", ".join(sorted(wrong))
                verdict = Verdict(FAULT, f"{request.user} changed {names}")
        shown = f"{request.user}: {request.method} {request.path} {request.query} {request.form} {request.json!r} files {request.files}"
        return verdict, shown if len(shown) < 400 else f"{shown[:400]}…"

    def _request(self, route: Route, request: Request) -> requests.Response:
        if route.is_json:
            # By hand: requests would not send a number that is none.
            body = {"jsonrpc": "2.0", "method": "call", "params": request.json}
            sent: dict[str, Any] = {
                "data": json.dumps(body),
                "headers": {"Content-Type": "application/json"},
            }
        else:
            form = list(request.form)
            if request.has_token:
                form.append(("csrf_token", self._tokens[request.user]))
            sent = {"data": form} if request.method != "GET" else {}
            if request.files and request.method != "GET":
                sent["files"] = [
                    (field, (name, CONTENTS[content]))
                    for field, name, content in request.files
                ]
        return self._sessions[request.user].request(
            request.method,
            self._url + request.path,
            params=list(request.query),
            allow_redirects=False,
            timeout=120,
            **sent,
        )

    def _judge(
        self, route: Route, request: Request, answer: requests.Response
    ) -> Verdict:
        if answer.status_code >= 500:
            logged = self._watch.tracebacks()
            if not logged:
                return Verdict(FAULT, f"status {answer.status_code}")
            return judge(exception_of(logged[-1]), logged[-1], lambda *_raised: False)
        if SCRIPT in answer.text or PICTURE_WITH_SCRIPT in answer.text:
            return Verdict(FAULT, "text of the request stands in the page as markup")
        if "X-Injected" in answer.headers:
            return Verdict(FAULT, "text of the request became a header")
        if route.is_json and answer.status_code == 200:
            error = answer.json().get("error")
            if error:
                name = error["data"]["name"]
                if name in SENTENCES or name.startswith("werkzeug.exceptions."):
                    return Verdict(SENTENCE)
                return judge(name, error["data"]["debug"], lambda *_raised: False)
            if "error" in (answer.json().get("result") or {}):
                return Verdict(SENTENCE)
        if logged := self._watch.tracebacks():
            return Verdict(FAULT, f"logged {logged[-1].splitlines()[-1]}")
        return Verdict(ACCEPTED if answer.status_code < 400 else SENTENCE)


def may_write(route: Route, request: Request) -> bool:
    """Tell whether a request may change something: a form's, or a script's, of a user.

    Visitors may not: no right token is ever sent for them.
    """
    is_form = request.method == "POST" and request.has_token
    return request.user != "public" and (route.is_json or is_form)


@st.composite
def _requests(draw: DrawFn, sender: Sender, route: Route) -> Request:
    pool = sender.pool
    user = draw(
        st.sampled_from(
            ("portal",) * 3 + ("public", "agent", "agent_with_apps", "admin")
        )
    )
    forms = sender.matching_forms(route)
    form: list[tuple[str, str]] = []
    if forms and not rarely(draw, 4):
        path, fields = draw(st.sampled_from(forms))
        by_name: dict[str, list[str]] = {}
        for name, text in fields:
            by_name.setdefault(name, []).append(text)
        form = [
            (name, draw(st.sampled_from(texts)))
            for name, texts in by_name.items()
            if name != "csrf_token"
        ]
        form = [
            (name, draw(st.sampled_from(("1", "0", "2", "-1", "1,5", text))))
            if name.startswith("quantity")
            else (name, text)
            for name, text in form
        ]
        for _number in range(draw(st.integers(0, 2))):
            index = draw(st.integers(0, max(len(form) - 1, 0)))
            match draw(st.integers(0, 2)) if form else 3:
                case 0:
                    form[index] = (form[index][0], draw(_text()))
                case 1:
                    form.insert(index, (form[index][0], draw(_text())))
                case 2:
                    del form[index]
    else:
        links = sender.matching_links(route)
        path = (
            draw(st.sampled_from(links))
            if links and draw(st.booleans())
            else _fill(draw, pool, route.url)
        )
    known = sorted({name for _path, fields in forms for name, _text_ in fields})
    name = st.sampled_from(
        [*route.parameters, *known, "access_token", "pid", "hash", "quantity-1-0",
         "quantity-x-y", f"quantity-{2**63}-0", "quantity-", "token", "reason", "wish",
         "page", "db", "debug", "report_type", "return_requested"]
    )  # fmt: skip
    pairs = st.lists(st.tuples(name, _text()), max_size=2)
    files = (
        draw(
            st.lists(
                st.tuples(
                    st.sampled_from(("photos", "attachment", "goods")),
                    st.sampled_from(NAMES),
                    st.sampled_from([0, 0, 0, *range(len(CONTENTS))]),
                ),
                max_size=7,
            )
        )
        if draw(st.booleans())
        else []
    )
    method = "POST" if form else draw(st.sampled_from(("GET", "GET", "POST", "PUT")))
    if rarely(draw, 10):
        method = draw(st.sampled_from(("GET", "POST", "PUT", "DELETE")))
    parameters = (
        {
            parameter: draw(anything | st.sampled_from((PIXEL, *FORGED)))
            for parameter in route.parameters
            if not parameter.endswith("_id") and draw(st.booleans())
        }
        if route.is_json
        else None
    )
    return Request(
        user,
        "POST" if route.is_json else method,
        path,
        tuple(draw(pairs)),
        (*form, *(draw(pairs) if draw(st.booleans()) else ())),
        tuple(files),
        parameters,
        not rarely(draw, 5),
    )


def _pattern(route: Route) -> re.Pattern:
    """Tell which addresses are of a route."""
    return re.compile(
        re.sub(r"<int:\w+>", r"\\d+", re.sub(r"<\w+>", "[^/]+", route.url))
    )


def _text() -> st.SearchStrategy:
    """Give texts that can be sent in an address or a form."""
    texts = [text for text in TEXTS if text != "\ud800" and text is not MEGABYTE]
    return st.sampled_from([*texts, *map(str, NUMBERS), "1,5", "x" * 3000])


def _fill(draw: DrawFn, pool: Pool, url: str) -> str:
    """Put ids and tokens in the place of an address's parameters."""

    def number(found: re.Match) -> str:
        records = pool.ids.get(MODELS.get(found[1], ""), []) or [1]
        wrong = [pool.deleted, 0, 2**31, 2**63, 10**30]
        return str(draw(st.sampled_from(wrong if rarely(draw, 5) else records)))

    path = re.sub(r"<int:(\w+)>", number, url)
    return re.sub(r"<[\w:]+>", lambda _found: draw(st.sampled_from(FORGED)), path)
