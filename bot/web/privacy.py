"""The pages for customers (/c/): how their data are used; yes, no, and no longer, by a link of their own."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from bot.clock import Clock
from bot.intake import Intake
from bot.platforms.local.inbound import Malformed
from bot.web.forms import Forms, form_name, once, page, see_other, shared_file
from cards import consent as words
from cards.actions import DeclineConsent, GiveConsent, WithdrawConsent
from cards.pages import draw
from cards.pages.views import ConsentPage
from config.policy import Policy
from handlers.chat import pages
from handlers.kernel.update import Answered
from handlers.policies.permissions import Asker
from handlers.work import consent, links
from handlers.work.context import Desk
from handlers.work.links import Link
from storage.database import Database
from storage.models.migration import Newcomer
from storage.models.people import Person

STATIC = "/c/static"
GONE = "这个链接打不开了"
ASK = "请找您的联系人要一个新的。"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who came by which link, and what he is to see. `version` names the words on the page."""

    link: Link
    newcomer: Newcomer
    view: ConsentPage
    text: str
    expired: bool


class Privacy:
    """The routes under /c/."""

    def __init__(
        self, database: Database, intake: Intake, clock: Clock, policy: Policy, forms: Forms
    ) -> None:
        self._database = database
        self._intake = intake
        self._clock = clock
        self._policy = policy
        self._forms = forms

    def routes(self) -> list[web.RouteDef]:
        return [
            shared_file("/c"),
            web.get("/c/{token:[A-Za-z0-9_-]+}", self.show),
            web.post("/c/{token:[A-Za-z0-9_-]+}", self.answer),
        ]

    async def show(self, request: web.Request) -> web.StreamResponse:
        visit = await self._visit(request.match_info["token"])
        if visit is None:
            return _notice(GONE, ASK, HTTPStatus.NOT_FOUND)
        under_way = await self._under_way(request, visit)
        answer = page(self._draw(visit, "收到了，马上生效" if under_way else ""))
        if under_way:
            answer.headers["Refresh"] = "1"
        return answer

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Durable before it is confirmed; taken back is possible as long as the link can be read at all."""
        visit = await self._visit(request.match_info["token"])
        if visit is None:
            return _notice(GONE, ASK, HTTPStatus.NOT_FOUND)
        try:
            form = await request.post()
            self._forms.check(request, form.get("token"), _whose(visit))
            name = form_name(form.get("once"))
            action = _action(visit, str(form.get("answer", "")), [str(e) for e in form.getall("scope", [])])
        except Malformed as wrong:
            return _notice(wrong.words, "", wrong.status)
        update = Answered(
            update_id=_update_id(visit, name),
            lane=f"consent:{visit.newcomer.id}",
            at=self._clock.now(),
            action=action,
            link=visit.link.id,
            text=visit.text,
        )
        await self._intake.put(update)
        return see_other(f"{request.path}?sent={name}")

    async def _visit(self, token: str) -> Visit | None:
        """Who the link is for; None where it is none of ours, or he is gone."""
        link = links.read(self._database.keyring, links.CONSENT, token)
        if link is None:
            return None
        now = self._clock.now()
        async with self._database.reading() as unit:
            newcomer = await unit.migration.newcomer(link.what)
            if newcomer is None:
                return None
            nobody = Person(id=0, name="", role="", created_at=now)
            desk = Desk(unit, self._policy, now, nobody, Asker(0, ""), "")
            view = await pages.consent_page(desk, newcomer)
            text = words.wording(consent.notice(desk, newcomer.platform))
        return Visit(link, newcomer, view, text, expired=now >= link.until)

    async def _under_way(self, request: web.Request, visit: Visit) -> bool:
        sent = request.query.get("sent", "")
        if not sent:
            return False
        async with self._database.reading() as unit:
            return await unit.inbox.state(_update_id(visit, sent)) == "new"

    def _draw(self, visit: Visit, told: str) -> str:
        return draw(
            "consent",
            static=STATIC,
            who="",
            told=told,
            token=self._forms.token(_whose(visit)),
            once=once(),
            page=visit.view,
            expired=visit.expired,
            scopes=tuple(words.SCOPES.items()),
            asked_apart=words.ASKED_APART,
            thanks=words.THANKS,
            stopped=words.STOPPED,
        )


def _action(visit: Visit, answer: str, scopes: list[str]) -> GiveConsent | DeclineConsent | WithdrawConsent:
    what = (visit.newcomer.id, visit.newcomer.revision, 0)
    if answer == "withdraw":
        return WithdrawConsent(*what)
    if visit.expired:
        raise Malformed("这个链接过期了，请找您的联系人要一个新的", HTTPStatus.FORBIDDEN)
    if answer == "give":
        return GiveConsent(*what, scopes=",".join(each for each in words.SCOPES if each in scopes))
    if answer == "decline":
        return DeclineConsent(*what)
    raise Malformed("没看清您选的是哪一个，再点一次")


def _update_id(visit: Visit, name: str) -> str:
    return f"consent:{visit.link.id}:{name}"


def _whose(visit: Visit) -> str:
    """The form belongs to this link, and to the words that stand on it."""
    return f"consent:{visit.link.id}:{consent.version_of(visit.text)}"


def _notice(title: str, body: str, status: int) -> web.Response:
    html = draw("notice", static=STATIC, who="", token="", told="", title=title, body=body, back="")
    return page(html, status)
