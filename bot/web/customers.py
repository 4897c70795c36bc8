"""The demo's customers: a page on which a newcomer scans a code, adds the rep, and reads what comes."""

import io
from http import HTTPStatus
from urllib.parse import urljoin

import segno
from aiohttp import web

from bot.clock import Clock
from bot.platforms.local.client import CUSTOMERS
from bot.platforms.local.customers import LocalCustomers
from bot.platforms.local.inbound import PLATFORM, Malformed
from bot.web.forms import HEADERS, Forms, page, see_other
from cards.pages import draw
from storage.database import Database
from storage.models.local import LocalWay

WHOSE = "customer"
NEWEST = 5


class CustomerPages:
    """Mounted by the demo alone. `public_url` is what a real phone would open."""

    def __init__(
        self,
        database: Database,
        customers: LocalCustomers,
        clock: Clock,
        forms: Forms,
        *,
        company: str,
        public_url: str,
    ) -> None:
        self._database = database
        self._customers = customers
        self._clock = clock
        self._forms = forms
        self._company = company
        self._public_url = public_url

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(CUSTOMERS, self.show),
            web.post(CUSTOMERS, self.drop),
            web.get(f"{CUSTOMERS}/{{state:[A-Za-z0-9_-]+}}.svg", self.picture),
            web.get(f"{CUSTOMERS}/{{state:[A-Za-z0-9_-]+}}", self.show),
            web.post(f"{CUSTOMERS}/{{state:[A-Za-z0-9_-]+}}", self.add),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        state = request.match_info.get("state", "")
        way = await self._customers.way(state) if state else None
        view = await self._scanned(way) if way is not None else {}
        chats = [
            {
                "name": each.name,
                "external": each.external_id,
                "owners": await self._owners(each.external_id),
                "at": each.at.astimezone(self._clock.now().tzinfo),
                "letters": await self._customers.letters(each.external_id),
            }
            for each in (await self._customers.everybody())[:NEWEST]
        ]
        html = draw(
            "wechat",
            static="/m/static",
            who="",
            told="",
            token=self._forms.token(WHOSE),
            company=self._company,
            way=way.state if way is not None else "",
            chats=chats,
            **{"owner": "", "name": "", "phone": "", "picture": ""} | view,
        )
        return page(html)

    async def picture(self, request: web.Request) -> web.StreamResponse:
        """The code as a drawing, of what a phone's camera would open."""
        way = await self._customers.way(request.match_info["state"])
        if way is None:
            raise web.HTTPNotFound(headers=HEADERS)
        code = segno.make(urljoin(f"{self._public_url}/", f"{CUSTOMERS}/{way.state}"), error="m")
        drawn = io.BytesIO()
        code.save(drawn, kind="svg", scale=8, border=3, dark="#12161d", light="#ffffff", xmldecl=False)
        headers = HEADERS | {"Cache-Control": "private, max-age=3600"}
        return web.Response(body=drawn.getvalue(), content_type="image/svg+xml", headers=headers)

    async def add(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        try:
            self._forms.check(request, form.get("token"), WHOSE)
        except Malformed as wrong:
            return _notice(wrong.words, wrong.status)
        name = str(form.get("name", "")).strip()[:30]
        way = await self._customers.way(request.match_info["state"])
        if way is None or not name:
            return _notice("这个码扫不开，换一个", HTTPStatus.NOT_FOUND)
        phone = "".join(each for each in str(form.get("phone", "")) if each.isdecimal())[:15]
        await self._customers.adds(way, name, phone, self._clock.now())
        return see_other(CUSTOMERS)

    async def drop(self, request: web.Request) -> web.StreamResponse:
        """The customer deletes the rep."""
        form = await request.post()
        try:
            self._forms.check(request, form.get("token"), WHOSE)
        except Malformed as wrong:
            return _notice(wrong.words, wrong.status)
        external, owner = str(form.get("external", "")), str(form.get("owner", ""))
        if owner in await self._customers.owners(external):
            await self._customers.drops(external, owner, self._clock.now())
        return see_other(CUSTOMERS)

    async def _owners(self, external: str) -> list[tuple[str, str]]:
        """Addresses and names of the colleagues whose contact he is."""
        async with self._database.reading() as unit:
            people = [
                (each, await unit.people.at(PLATFORM, each))
                for each in await self._customers.owners(external)
            ]
        return [(address, person.name) for address, person in people if person is not None]

    async def _scanned(self, way: LocalWay) -> dict[str, str]:
        """Whose code it is, and for whom: the newcomer may come as him, or as anybody."""
        async with self._database.reading() as unit:
            owner = await unit.people.at(PLATFORM, way.owner)
            invite = await unit.migration.by_way(way.state)
            contact = (
                await unit.customers.contact(invite.contact_id)
                if invite is not None and invite.contact_id
                else None
            )
        return {
            "owner": owner.name if owner is not None else "",
            "name": contact.name if contact is not None else "",
            "phone": contact.phone or "" if contact is not None else "",
            "picture": f"{CUSTOMERS}/{way.state}.svg",
        }


def _notice(title: str, status: int) -> web.Response:
    told = {"title": title, "body": "", "back": CUSTOMERS, "static": "/m/static"}
    return page(draw("notice", who="", token="", told="", **told), status)
