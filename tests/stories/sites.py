"""Our pages as a browser without scripts sees them: forms are read from the page and sent as they stand."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from aiohttp import CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from bot.demo import _people, customer_pages
from bot.web.login import Picker, Sessions
from bot.web.pages import Pages
from bot.web.privacy import Privacy
from tests.stories.phones import World


@dataclass
class Field:
    name: str
    value: str
    kind: str
    checked: bool = False


@dataclass
class Form:
    action: str
    method: str
    multipart: bool
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Label, name and value."""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.words: list[str] = []
        self._button: dict[str, str] | None = None
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form":
            kind = got.get("enctype", "")
            self.forms.append(Form(got.get("action", ""), got.get("method", "get"), "multipart" in kind))
            self._inside = 1
        elif tag in ("input", "textarea") and self._inside and "name" in got:
            kind = got.get("type", "text") if tag == "input" else "textarea"
            self.forms[-1].fields.append(Field(got["name"], got.get("value", ""), kind, "checked" in got))
        elif tag == "button" and self._inside:
            self._button = {"name": got.get("name", ""), "value": got.get("value", ""), "label": ""}

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = 0
        elif tag == "button" and self._button is not None:
            found = self._button
            self.forms[-1].buttons.append((found["label"].strip(), found["name"], found["value"]))
            self._button = None

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self._button is not None:
            self._button["label"] += data


@dataclass
class Page:
    """A page that was opened. `words` is all that can be read on it."""

    site: "Site"
    path: str
    status: int
    html: str
    headers: dict[str, str]

    def __post_init__(self) -> None:
        reader = _Reader()
        reader.feed(self.html)
        self.forms = reader.forms
        self.words = re.sub(r"\s+", " ", unescape(" ".join(reader.words)))

    async def presses(self, label: str, **typed: Any) -> "Page":
        """Presses a button; `typed` are fields by name (a list for ticks, `None` to leave one out)."""
        form = next(each for each in self.forms if any(label == name for name, *_ in each.buttons))
        sent = [(each.name, each.value) for each in form.fields if each.kind not in ("checkbox", "file")]
        sent += [(each.name, each.value) for each in form.fields if each.kind == "checkbox" and each.checked]
        for name, value in typed.items():
            sent = [each for each in sent if each[0] != name]
            values = value if isinstance(value, list) else [] if value is None else [value]
            sent += [(name, each) for each in values]
        _, name, value = next(each for each in form.buttons if each[0] == label)
        sent += [(name, value)] if name else []
        return await self.site.sends(form.action or self.path, sent, multipart=form.multipart)


class Site:
    """One reader's browser: it keeps cookies and follows where it is led."""

    def __init__(self, world: World, client: "TestClient[Any, Any]") -> None:
        self.world = world
        self.client = client

    async def opens(self, path: str) -> Page:
        async with self.client.get(path, allow_redirects=False) as answer:
            where = answer.headers.get("Location", "")
            if not where.startswith("/"):  # nobody here follows to another house
                return Page(self, answer.url.path, answer.status, await answer.text(), dict(answer.headers))
        return await self.opens(where)

    async def sends(
        self, path: str, fields: list[tuple[str, Any]], *, multipart: bool = False, origin: str = ""
    ) -> Page:
        """Sends a form; what it set going has happened when the next page is read."""
        from aiohttp import FormData

        data = FormData(default_to_multipart=multipart)
        for name, value in fields:
            if isinstance(value, tuple):
                data.add_field(name, value[1], filename=value[0])
            else:
                data.add_field(name, value)
        here = f"http://{self.client.host}:{self.client.port}"
        headers = {"Origin": origin or here, "Sec-Fetch-Site": "cross-site" if origin else "same-origin"}
        async with self.client.post(path, data=data, headers=headers, allow_redirects=False) as answer:
            text, status, where = await answer.text(), answer.status, answer.headers.get("Location", "")
            headers = dict(answer.headers)
        await self.world.settles()
        return await self.opens(where) if status == 303 else Page(self, path, status, text, headers)

    async def signs_in(self, name: str) -> Page:
        """By the demo's picker."""
        page = await self.opens("/m/")
        label = next(label for form in page.forms for label, *_ in form.buttons if label.startswith(name))
        return await page.presses(label)


class WeComSite(Site):
    """The browser inside a member's WeCom, which says who holds the phone."""

    async def signs_in(self, name: str) -> Page:
        self.client.session.cookie_jar.clear()
        far = self.world.customers.world.far
        phone = next(each for each in self.world.phones.values() if each.name == name)
        agent = {"User-Agent": "Mozilla/5.0 wxwork/4.1"}
        async with self.client.get("/m/", headers=agent, allow_redirects=False) as answer:
            sent = URL(answer.headers["Location"]).query
        code = far.oauth.grant(phone.address, far.app)
        back = URL(sent["redirect_uri"]).update_query(code=code, state=sent["state"])
        return await self.opens(back.path_qs)


@asynccontextmanager
async def browser(world: World) -> AsyncIterator[Site]:
    """A browser at our pages, where they are signed in as the world's platform does it."""
    server = TestServer(_site(world))
    await server.start_server()
    # A test's server has an address and no name; browsers keep cookies for those too, and guarded ones.
    jar = CookieJar(unsafe=True, treat_as_secure_origin=server.make_url("/").origin())
    async with TestClient(server, cookie_jar=jar) as client:
        yield (WeComSite if world.customers else Site)(world, client)


def _site(world: World) -> web.Application:
    app, site = world.app, web.Application()
    if world.customers:
        site.add_routes(app.routes)
        return site
    sessions = Sessions(app.database.keyring, app.clock.now, secure=False)
    picker = Picker(lambda: _people(app.database, app.policy), app.forms)
    pages = Pages(
        app.database, app.intake, app.clock, app.policy, sessions=sessions, forms=app.forms, sign_in=picker
    )
    privacy = Privacy(app.database, app.intake, app.clock, app.policy, app.forms)
    site.add_routes([*pages.routes(), *privacy.routes(), *customer_pages(app).routes()])
    return site
