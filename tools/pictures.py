"""``make pictures``: every picture of the guides, the README and the apps' descriptions, taken from Odoo.

What is taken is the table in :mod:`tools.shots`. For each language a server is started on a
database of its own, with our addons and their demo data, and a browser goes through the
table. No selector depends on a language, so the same steps serve all of them.
"""

import html
import itertools
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image

from tools import (
    addons,
    chromium,
    postgres,
    progress,
    serving,
    templates,
)
from tools.errors import KitError
from tools.paths import LOGS, ROOT

LANGUAGES = {"en": "en_US", "de": "de_DE"}
"""By the code in a picture's file name the language's code in Odoo."""
COLOURS = 160
PATIENCE = 90  # seconds
QUIET = 300  # milliseconds without a request: the page is complete
BANNER = (1120, 560)
STYLE = """
    *, *::before, *::after { transition: none !important; animation: none !important; }
    .o-mail-ChatHub, .o-overlay-container .o_tour_pointer, .o_notification_manager:empty,
    .o_database_list, .o_loading_indicator { display: none !important; }
    .o_marked { outline: 3px solid #e8590c !important; outline-offset: 3px; border-radius: 3px; }
"""


class Visit:
    """A page on which a user is signed in; what a step gets."""

    def __init__(self, page: Any, url: str, language: str, records: dict[str, int]):
        self.page = page
        self.url = url
        self.language = language
        self._records = records
        self._loading: set[Any] = set()
        page.on("request", self._begin)
        page.on("requestfinished", self._end)
        page.on("requestfailed", self._end)

    def _begin(self, request: Any) -> None:
        # Not the server's news, for which the browser waits for ever.
        if request.resource_type in (
            "xhr",
            "fetch",
            "document",
            "image",
        ) and not re.search(r"/(bus|websocket|longpolling)\b", request.url):
            self._loading.add(request)

    def _end(self, request: Any) -> None:
        self._loading.discard(request)

    def call(self, model: str, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a model's method as the user."""
        answer = self.page.request.post(
            f"{self.url}/web/dataset/call_kw/{model}/{method}",
            data={
                "params": {
                    "model": model,
                    "method": method,
                    "args": list(args),
                    "kwargs": kwargs,
                }
            },
        ).json()
        if "error" in answer:
            raise KitError(f"{model}.{method}: {answer['error']['data']['message']}")
        return answer.get("result")

    def record(self, name: str) -> int:
        """Give the id of a ticket or team of the demo data, by its English name."""
        return self._records[name]

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(f"{self.url}{path}")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is loading any more."""
        deadline = time.monotonic() + PATIENCE
        quiet = 0
        while quiet < QUIET:
            if time.monotonic() > deadline:
                waiting = ", ".join(request.url for request in self._loading)
                raise KitError(f"The page does not come to rest: {waiting}")
            self.page.wait_for_timeout(50)
            quiet = 0 if self._loading else quiet + 50
        self.page.evaluate(
            """style => {
                document.adoptedStyleSheets = [new CSSStyleSheet()];
                document.adoptedStyleSheets[0].replaceSync(style);
            }""",
            STYLE,
        )


Texts = dict[str, dict[str, dict[tuple[str, str], str]]]
"""By language and model, and by field and English value (a pattern of LIKE), the value in that language."""
Step = Callable[[Visit], None]


def go(path: str) -> Step:
    """Open a page; ``{…}`` in the path is the id of the ticket or team of that English name."""

    def step(visit: Visit) -> None:
        visit.go(re.sub(r"{(.+?)}", lambda match: str(visit.record(match[1])), path))

    return step


def ticket(title: str) -> Step:
    """Open a ticket of the demo data by its English title."""
    return go(f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{{{title}}}")


def click(selector: str) -> Step:
    """Press what the selector finds first."""

    def step(visit: Visit) -> None:
        visit.page.locator(selector).locator("visible=true").first.click()
        visit.settle()

    return step


def fill(selector: str, text: str | dict[str, str]) -> Step:
    """Type into a field; a text may differ by language."""

    def step(visit: Visit) -> None:
        words = text if isinstance(text, str) else text[visit.language]
        visit.page.locator(selector).locator("visible=true").first.fill(words)
        visit.settle()

    return step


def choose(selector: str, text: str) -> Step:
    """Type into a field that offers records, and take the first one with that text."""

    def step(visit: Visit) -> None:
        visit.page.locator(selector).locator("visible=true").first.fill(text)
        visit.settle()
        offered = visit.page.locator(".o-autocomplete--dropdown-item", has_text=text)
        offered.first.click()
        visit.settle()

    return step


def select(selector: str, number: int) -> Step:
    """Take an entry of a drop-down list, by its number."""

    def step(visit: Visit) -> None:
        visit.page.locator(selector).first.select_option(index=number)

    return step


def press(key: str) -> Step:
    """Press a key."""

    def step(visit: Visit) -> None:
        visit.page.keyboard.press(key)
        visit.settle()

    return step


def see(selector: str) -> Step:
    """Wait until it is there, and bring it into view."""

    def step(visit: Visit) -> None:
        found = visit.page.locator(selector).locator("visible=true").first
        found.wait_for()
        found.scroll_into_view_if_needed()
        visit.settle()

    return step


@dataclass(frozen=True)
class Shot:
    """One picture.

    :param name: where it lies in the repository, without language and ending
    :param steps: what the user does before it is taken, after the pictures before it
    :param crop: what is to be seen: the smallest box around what these selectors find;
        none: the window
    :param mark: what gets a frame, as what the guide speaks of
    :param languages: those it is taken in
    """

    name: str
    steps: Sequence[Step] = ()
    crop: Sequence[str] = ()
    mark: str = ""
    languages: Sequence[str] = tuple(LANGUAGES)

    def file(self, language: str) -> str:
        """Give the picture's path, as Sphinx looks for it in the language."""
        return f"{self.name}.png" if language == "en" else f"{self.name}.{language}.png"


@dataclass(frozen=True)
class Story:
    """Pictures that one user comes by in one go.

    :param name: to take these pictures alone: ``make pictures STORY=refund``; what a story
        builds upon is named too: ``STORY=return,repair``
    :param login: the user, whose password is the same; none: nobody is signed in
    :param window: width and height of the browser's window
    """

    name: str
    login: str
    shots: Sequence[Shot]
    window: tuple[int, int] = (1280, 860)


@dataclass(frozen=True)
class Banner:
    """An addon's banner: its icon, name and summary beside one of its pictures."""

    addon: str
    shot: str

    @property
    def name(self) -> str:
        """Where it lies in the repository, without its ending."""
        return f"{self.addon}/static/description/banner"


@dataclass
class Camera:
    """Takes stories on one server in one language, and keeps the pictures in memory."""

    browser: Any
    url: str
    language: str
    db: str
    records: dict[str, int] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)

    def prepare(self, texts: dict[str, dict]) -> None:
        """Set everybody's language, and rename the demo data where the language has other names."""
        code = LANGUAGES[self.language]
        with self._signed_in("admin", 800, 600) as admin:
            for model in ("helpdesk.ticket", "helpdesk.ticket.team"):
                for record in admin.call(model, "search_read", [], ["name"]):
                    self.records[record["name"]] = record["id"]
            partners = admin.call("res.partner", "search", [])
            admin.call("res.partner", "write", partners, {"lang": code})
            everybody = admin.call("res.users", "search", [])
            # The language too, or the server keeps the one that it has read already.
            admin.call(
                "res.users",
                "write",
                everybody,
                {"lang": code, "odoobot_state": "disabled"},
            )
            for model, names in texts.items():
                for (field_name, english), text in names.items():
                    domain = [(field_name, "=like", english)]
                    ids = admin.call(model, "search", domain, context={"lang": "en_US"})
                    if not ids:
                        raise KitError(f"There is no {model} {english} to translate.")
                    admin.call(
                        model, "write", ids, {field_name: text}, context={"lang": code}
                    )

    def take(self, story: Story) -> None:
        """Go through a story."""
        width, height = story.window
        with self._signed_in(story.login, width, height) as visit:
            for shot in story.shots:
                try:
                    for step in shot.steps:
                        step(visit)
                    if self.language in shot.languages:
                        self.pictures[shot.file(self.language)] = self._shoot(
                            visit, shot
                        )
                except Exception as error:
                    seen = LOGS / f"picture-failed-{story.name}.png"
                    visit.page.screenshot(path=seen)
                    raise KitError(
                        f"The picture {shot.name} ({self.language}) failed: {error} "
                        f"(see {seen.relative_to(ROOT)})."
                    ) from error

    @contextmanager
    def _signed_in(self, login: str, width: int, height: int) -> Iterator[Visit]:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=LANGUAGES[self.language].replace("_", "-"),
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            permissions=["clipboard-write"],
        )
        context.set_default_timeout(PATIENCE * 1000)
        try:
            if login:
                context.request.post(
                    f"{self.url}/web/session/authenticate",
                    data={"params": {"db": self.db, "login": login, "password": login}},
                )  # fmt: skip
            yield Visit(
                context.new_page(),
                self.url,
                self.language,
                self.records,
            )
        finally:
            context.close()

    def _shoot(self, visit: Visit, shot: Shot) -> bytes:
        page = visit.page
        page.evaluate(
            """() => document.querySelector(".o_select_menu_menu, .o-autocomplete--dropdown-menu")
                || document.activeElement.blur()"""
        )
        if shot.mark:
            marked = page.locator(shot.mark).locator("visible=true").first
            marked.evaluate("element => element.classList.add('o_marked')")
        clip = _box(page, shot.crop) if shot.crop else None
        picture = page.screenshot(clip=clip, animations="disabled", caret="hide")
        if shot.mark:
            marked.evaluate("element => element.classList.remove('o_marked')")
        return shrink(picture)

    def take_banner(self, banner: Banner) -> None:
        """Lay out an addon's banner around one of the pictures taken."""
        addon = addons.Addon(ROOT / banner.addon)
        page = self.browser.new_page(viewport={"width": BANNER[0], "height": BANNER[1]})
        icon = (addon.path / "static/description/icon.svg").read_text(encoding="utf-8")
        page.set_content(
            BANNER_PAGE.format(
                icon=icon,
                name=html.escape(addon.manifest["name"]),
                summary=html.escape(addon.manifest["summary"]),
            )
        )
        picture = self.pictures[f"{banner.shot}.png"]
        page.evaluate(
            """async bytes => {
                const image = document.querySelector("img");
                image.src = URL.createObjectURL(new Blob([new Uint8Array(bytes)], {type: "image/png"}));
                await image.decode();
            }""",
            list(picture),
        )
        self.pictures[f"{banner.name}.png"] = shrink(page.screenshot())
        page.close()


BANNER_PAGE = """
<style>
  body {{ margin: 0; width: 1120px; height: 560px; overflow: hidden; display: flex;
         align-items: center; font-family: sans-serif; background: #f3f0f6; color: #2b2233; }}
  div {{ width: 330px; flex: none; padding: 0 40px 0 56px; }}
  svg {{ width: 88px; height: 88px; }}
  h1 {{ font-size: 38px; line-height: 1.15; margin: 24px 0 16px; }}
  p {{ font-size: 21px; line-height: 1.4; margin: 0; color: #5c5166; }}
  img {{ max-width: 900px; min-width: 640px; border-radius: 10px;
        box-shadow: 0 12px 40px #2b223340; background: #fff; }}
</style>
<div>{icon}<h1>{name}</h1><p>{summary}</p></div><img>
"""


def _box(page: Any, selectors: Sequence[str]) -> dict[str, float]:
    """Give the box around what selectors find, within the window."""
    boxes = []
    for selector in selectors:
        found = page.locator(selector).locator("visible=true").first
        found.wait_for()
        boxes.append(found.bounding_box())
    size = page.viewport_size
    left = max(min(box["x"] for box in boxes), 0)
    top = max(min(box["y"] for box in boxes), 0)
    right = min(max(box["x"] + box["width"] for box in boxes), size["width"])
    bottom = min(max(box["y"] + box["height"] for box in boxes), size["height"])
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def shrink(picture: bytes) -> bytes:
    """Give a PNG with a palette, which screens of software do with."""
    target = BytesIO()
    image = Image.open(BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def take(
    stories: Sequence[Story],
    banners: Sequence[Banner],
    languages: Sequence[str],
    save: Callable[[str, bytes], None],
    texts: Texts | None = None,
) -> None:
    """Take pictures; a story that fails does not hold up the others.

    :param languages: their codes in ``LANGUAGES``
    :param save: called with each picture's path in the repository, and the picture
    :param texts: by language what the demo data are called instead
    :raises KitError: at the end, when a story failed
    """
    failures = []
    with (
        postgres.running(postgres.TEST_CLUSTER) as server,
        chromium.launched() as browser,
    ):
        odoo = templates.make_odoo(server)
        template, _problems = templates.ensure(odoo, addons.ours(), with_demo=True)
        for language in languages:
            name = f"helpdesk_server_{os.getpid()}_{next(_numbers)}"
            with serving.serve_copy(
                odoo, template, name, languages=_to_load(language)
            ) as running:
                camera = Camera(browser, running.url, language, name)
                camera.prepare((texts or {}).get(language, {}))
                with progress.step(f"Taking pictures ({language})") as step:
                    for number, story in enumerate(stories):
                        step.update(100 * number / len(stories), story.name)
                        try:
                            camera.take(story)
                        except KitError as error:
                            failures.append(str(error))
                    if language == "en":
                        for banner in banners:
                            if f"{banner.shot}.png" in camera.pictures:
                                camera.take_banner(banner)
                for file, picture in camera.pictures.items():
                    save(file, picture)
    if failures:
        raise KitError("\n".join(failures))


_numbers = itertools.count(1)


def _to_load(language: str) -> list[str]:
    return [] if language == "en" else [LANGUAGES[language]]


def run() -> int:
    """Take all pictures, or those of the stories that ``STORY`` names, and remove what is in no story."""
    from tools import shots

    names = os.environ.get("STORY", "")
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    known = [story.name for story in shots.STORIES]
    if unknown := sorted(wanted - set(known)):
        raise KitError(
            f"There is no story {', '.join(unknown)}: choose from {', '.join(known)}."
        )
    stories = [story for story in shots.STORIES if not wanted or story.name in wanted]
    taken = {shot.name for story in stories for shot in story.shots}
    banners = [banner for banner in shots.BANNERS if banner.shot in taken]
    sizes = []

    def save(name: str, picture: bytes) -> None:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture)
        sizes.append(len(picture))

    try:
        take(stories, banners, list(LANGUAGES), save, shots.TEXTS)
    finally:
        progress.say(f"{len(sizes)} pictures, {sum(sizes) / 1_000_000:.1f} MB.")
    if not wanted:
        for path in stale_pictures(shots.STORIES, shots.BANNERS):
            path.unlink()
    return 0


def expected_files(stories: Sequence[Story], banners: Sequence[Banner]) -> set[str]:
    """Give the paths of all pictures, as the table has them."""
    files = {
        shot.file(language)
        for story in stories
        for shot in story.shots
        for language in shot.languages
    }
    return files | {f"{banner.name}.png" for banner in banners}


def present_pictures() -> set[Path]:
    """Find the pictures that are there: all of docs/ and of the descriptions, icons left out."""
    found = {
        path
        for pattern in ("docs/**/*.png", "*/static/description/*.png")
        for path in ROOT.glob(pattern)
    }
    return {
        path
        for path in found
        if path.name != "icon.png"
        and "icons" not in path.parts
        and "_build" not in path.parts
    }


def stale_pictures(stories: Sequence[Story], banners: Sequence[Banner]) -> list[Path]:
    """Find pictures that the table does not have."""
    expected = {ROOT / name for name in expected_files(stories, banners)}
    return sorted(present_pictures() - expected)
