"""A page to look at without the rest of the bot: real storage and platform, and a bot that plays a script.

python -m tests.unit.local.stage [PORT]
"""

import asyncio
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlmodel import SQLModel

from bot.clock import FixedClock
from bot.platforms.local.client import LocalPlatform
from bot.platforms.local.hub import Hub
from bot.web.playground import MANAGER_EXAMPLES, Owner, Playground, routes
from cards.actions import (
    CancelTask,
    ChooseListed,
    DropDraft,
    HintEdit,
    MuteKind,
    MuteToday,
    PickCustomer,
    SaveVisit,
    ShowCustomer,
    Snooze,
    TaskDone,
    UndoVisit,
    WhyThis,
)
from cards.model import (
    Button,
    Card,
    Change,
    Choice,
    Form,
    Input,
    Line,
    Mark,
    Option,
    Picture,
    Quote,
    Weight,
    dump,
)
from handlers.kernel.update import Clicked, Joined, Said, Update
from storage.database import Database
from storage.local import LocalPhones
from storage.models.engine import Held, Outgoing
from storage.secrets import Keyring

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 4, 21, 18, 20, tzinfo=ZONE)
NOTE = (
    "刚从鼎盛出来，路上堵了四十分钟，见了张伟，要两台贴标机，预算十二万八，比博世贵，"
    "让我下周三前发方案，他换手机了幺三八****，回头还得去趟苏州"
)
CLAUSES = "要两台贴标机，预算十二万八，比博世贵，让我下周三前发方案…"
OWNERS = (
    Owner("lina", "李娜", "销售"),
    Owner("chenhao", "陈浩", "销售"),
    Owner("zhouqiang", "周强", "销售经理", MANAGER_EXAMPLES),
)


def _mark(text: str, words: str) -> Mark:
    at = text.index(words)
    return Mark(at, at + len(words))


def draft() -> Card:
    return Card(
        kind="visit.draft",
        title="鼎盛机械 · 今天上门，你看对不对",
        subtitle="2026-04-21 周二 · 张伟，采购经理",
        lines=(
            Line("要什么", "贴标机 2台"),
            Line("预算", "12.8万元", "十二万八"),
            Line("对手", "博世；嫌我们贵"),
            Line("下一步", "2026-04-29前发方案", "下周三前"),
            Line("新电话", "138****8000，存后等周强点头"),
        ),
        changes=(Change("阶段", "初步接触", "需求确认"),),
        quote=Quote(CLAUSES, (_mark(CLAUSES, "十二万八"), _mark(CLAUSES, "下周三前")), NOTE),
        body="没提到谁拍板，想起来再说。",
        buttons=(
            Button("保存", SaveVisit(1, 1, 1), Weight.MAIN),
            Button("改一改", HintEdit(1, 1, 1)),
            Button("换客户", PickCustomer(1, 1, 1)),
            Button("不用记", DropDraft(1, 1, 1), Weight.DROP),
        ),
    )


def saved() -> Card:
    return Card(
        kind="visit.saved",
        title="✓ 鼎盛机械记好了",
        subtitle="18:24 · 今年第 3 次",
        lines=(
            Line("4月28日", "提醒你发方案，29日前要给到"),
            Line("新电话", "等周强点头"),
            Line("还欠着", "样册 2本，4月3日答应张伟的"),
        ),
        buttons=(Button("看档案", ShowCustomer(1, 1, 1)), Button("撤销", UndoVisit(1, 1, 1), Weight.DROP)),
        done=True,
    )


def phone_approval() -> Card:
    return Card(
        kind="approval",
        title="鼎盛机械张伟换了电话",
        subtitle="李娜 18:24 记的",
        flag="只有中间四位不同，点开看",
        changes=(Change("手机", "138****2211", "138****8000", "幺三八****"),),
        body="同意了才改，档案里先留着原来的。",
        buttons=(
            Button("同意", SaveVisit(2, 1, 3), Weight.MAIN),
            Button("看号码", link="/m/phone/2"),
            Button("退回", DropDraft(2, 1, 3), Weight.DROP),
        ),
        menu=(Button("今天别再提醒", MuteToday(3, 1, 3)), Button("为什么提醒我", WhyThis(3, 1, 3))),
        footer="72小时内有效",
    )


def which() -> Card:
    return Card(
        kind="visit.which",
        title="嘉城塑胶，是哪一家",
        subtitle="其余都记下了，就差这个",
        choice=Choice(
            "是哪一家",
            (Option("1", "嘉晟塑胶，东莞"), Option("2", "嘉城塑业，佛山"), Option("3", "都不是，新客户")),
            chosen=("1",),
        ),
        buttons=(Button("就这家", ChooseListed(3, 1, 1), Weight.MAIN),),
    )


def due() -> Card:
    return Card(
        kind="task.due",
        title="该给鼎盛机械发方案了",
        subtitle="明天 4月29日 周三前 · 张伟，采购经理",
        lines=(Line("4月21日", "你答应的"),),
        quote=Quote("让我下周三前发方案"),
        buttons=(
            Button("办完了", TaskDone(4, 1, 1), Weight.MAIN),
            Button("明天再说", Snooze(4, 1, 1)),
            Button("不用了", CancelTask(4, 1, 1), Weight.DROP),
        ),
        menu=(
            Button("今天别再提醒", MuteToday(1, 1, 1)),
            Button("这类少提醒", MuteKind(1, 1, 1, "task")),
            Button("为什么提醒我", WhyThis(1, 1, 1)),
        ),
    )


def everything() -> Card:
    """One card with every part, as no card of the book has them all."""
    return Card(
        kind="report",
        title="这周团队 41 次，8 家往前走了",
        subtitle="4月20日–4月24日 · 5 个人",
        flag="别提涨价，去年为这个吵过",
        lines=(
            Line("往前走", "8 家，2 家签了共 21万元", link="/m/report"),
            Line("预算", "约30万元", "三十来万"),
        ),
        changes=(Change("发方案", "4月29日", "2026-04-30 周四", "改成下周四"),),
        quote=Quote("改成下周四", (Mark(2, 5),), "鼎盛那个方案改成下周四"),
        body="要人帮：李娜，启明教育价格。",
        picture=Picture("/m/funnel.svg", "漏斗：初步接触 12 家，需求确认 7 家，报价 4 家，签约 2 家"),
        choice=Choice("今天去了哪几家", (Option("a", "天虹纺织"), Option("b", "华东机电")), several=True),
        form=Form(
            (Input("day", "哪天", "date", "2026-04-30"), Input("money", "预算", "number", hint="比如 30万"))
        ),
        buttons=(Button("记下", SaveVisit(9, 1, 1), Weight.MAIN), Button("看漏斗", link="/m/funnel")),
        menu=(Button("这类少提醒", MuteKind(1, 1, 1, "report")),),
        footer="数字按你能看的客户算",
        page="/m/report",
    )


class Script:
    """The scripted bot: answers a note with a draft, a tap with what came of it."""

    def __init__(self, platform: LocalPlatform, clock: FixedClock, seconds: float = 0.9) -> None:
        self.platform = platform
        self.clock = clock
        self.seconds = seconds
        self.taken: list[Update] = []
        self.filed = 0
        self._number = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def put(self, update: Update) -> None:
        known = {each.update_id for each in self.taken}
        if update.update_id in known:
            return
        self.taken.append(update)
        task = asyncio.create_task(self._answer(update))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, update: Update) -> None:
        await asyncio.sleep(self.seconds)
        if isinstance(update, Said):
            await self.post(update.sender.address, draft())
        elif isinstance(update, Clicked):
            self.filed += 1
            await self.replace(update.sender.address, saved())
        elif isinstance(update, Joined):
            await self.text(update.sender.address, "在呢，跑完客户说一句就行，我来记。")

    async def post(self, address: str, card: Card, thread: str = "draft:1") -> str:
        return await self.platform.post(self._outgoing(address, "post", dump(card), thread))

    async def text(self, address: str, words: str) -> str:
        return await self.platform.text(self._outgoing(address, "text", words, ""))

    async def replace(self, address: str, card: Card, thread: str = "draft:1") -> None:
        async with self.platform._database.reading() as unit:
            chat = await LocalPhones(unit.session).chat(address)
        row = next(each for each in reversed(chat) if each.thread == thread)
        held = Held(
            thread=thread, person_id=1, platform="local", address=address,
            ref=str(row.id), content="", sent_at=self.clock.now(),
        )  # fmt: skip
        await self.platform.replace(self._outgoing(address, "replace", dump(card), thread), held)

    def _outgoing(self, address: str, kind: str, content: str, thread: str) -> Outgoing:
        return Outgoing(
            key=f"script:{next(self._number)}", lane=f"local:{address}", person_id=1, platform="local",
            address=address, kind=kind, thread=thread, content=content, created_at=self.clock.now(),
        )  # fmt: skip


def archive(script: Script) -> Mapping[str, object]:
    visits = [
        {"id": 2, "customer": "天虹纺织", "person": "李娜", "day": "4月20日 周一", "method": "电话",
         "stage": "谈判", "money": [{"kind": "下单", "text": "3.6万元"}], "contacts": ["吴莉"],
         "next": "4月24日 送样品", "state": "filed"},
        {"id": 1, "customer": "华东机电", "person": "陈浩", "day": "4月3日 周五", "method": "上门",
         "stage": "老客户", "money": [], "contacts": ["何俊"], "next": "", "state": "filed"},
    ]  # fmt: skip
    tasks = [
        {"id": 1, "customer": "天虹纺织", "what": "送样品", "due": "4月24日 周五 15:00", "person": "李娜",
         "state": "open"},
        {"id": 2, "customer": "华东机电", "what": "备件报价", "due": "4月17日 周五", "person": "陈浩",
         "state": "done"},
    ]  # fmt: skip
    trail = [{"at": "4月20日 16:12", "who": "李娜", "what": "记下天虹纺织的电话"}]
    if script.filed:
        visits.insert(0, {
            "id": 3, "customer": "鼎盛机械", "person": "李娜", "day": "4月21日 周二", "method": "上门",
            "stage": "需求确认", "money": [{"kind": "预算", "text": "12.8万元"}], "contacts": ["张伟"],
            "next": "4月29日前 发方案", "state": "filed"})  # fmt: skip
        tasks.insert(0, {"id": 3, "customer": "鼎盛机械", "what": "发方案", "due": "4月29日 周三前",
                         "person": "李娜", "state": "open"})  # fmt: skip
        trail.insert(0, {"at": "4月21日 18:24", "who": "李娜", "what": "保存了鼎盛机械的拜访"})
        trail.insert(0, {"at": "4月21日 18:24", "who": "拜访", "what": "新电话等周强点头"})
    stage = "需求确认" if script.filed else "初步接触"
    customers = [
        {"id": 1, "name": "鼎盛机械", "legal_name": "苏州鼎盛机械有限公司", "owner": "李娜",
         "status": "active", "stage": stage, "grade": "A", "aliases": ["鼎盛"],
         "contacts": [{"name": "张伟", "title": "采购经理", "phone": "138****2211", "left": False}],
         "money": [{"kind": "报价", "text": "15万元"}], "last": "4月3日"},
        {"id": 2, "name": "天虹纺织", "legal_name": "无锡天虹纺织有限公司", "owner": "李娜",
         "status": "active", "stage": "谈判", "grade": "B",
         "contacts": [{"name": "吴莉", "title": "生产经理", "phone": "139****4077", "left": False}],
         "money": [{"kind": "下单", "text": "3.6万元"}], "last": "4月20日"},
        {"id": 3, "name": "华东机电", "legal_name": "无锡华东机电有限公司", "owner": "陈浩",
         "status": "active", "stage": "老客户", "grade": "A",
         "contacts": [{"name": "何俊", "title": "设备科长", "phone": "136****2077", "left": False},
                      {"name": "孙磊", "title": "采购", "phone": "", "left": True}],
         "money": [], "last": "4月3日"},
    ]  # fmt: skip
    return {"customers": customers, "visits": visits, "tasks": tasks, "trail": trail}


async def make_playground(folder: Path, seconds: float = 0.9) -> tuple[Playground, Script, FixedClock]:
    """A playground on a new database, with nothing said yet."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'stage.db'}", Keyring([b"k" * 32]))
    async with database.engine.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    clock, hub = FixedClock(NOW), Hub()
    script = Script(LocalPlatform(database, hub), clock, seconds)

    async def owners() -> Sequence[Owner]:
        return OWNERS

    async def read_archive() -> Mapping[str, object]:
        return archive(script)

    async def move(delta: timedelta) -> None:
        clock.move(delta)
        await script.post("lina", due(), f"task:{clock.now()}")

    playground = Playground(
        database, database.files, script, clock, hub, owners, read_archive, move, ZONE.key, "凌云自动化"
    )
    return playground, script, clock


async def fill(script: Script) -> None:
    """What the phones hold when the page is opened."""
    await script.text("lina", "早，李娜。今天约了天虹 15:00。<script>alert(1)</script>")
    await script.post("lina", due(), "task:4")
    await script.post("lina", draft())
    await script.post("chenhao", which(), "draft:2")
    await script.post("chenhao", saved(), "draft:3")
    await script.post("zhouqiang", everything(), "report:1")
    await script.post("zhouqiang", phone_approval(), "approval:1")


FUNNEL = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 180" font-family="sans-serif" font-size="14">
<g fill="#2c68e6">
<rect x="90" y="16" width="240" height="28" rx="6"/><rect x="90" y="56" width="150" height="28" rx="6"/>
<rect x="90" y="96" width="86" height="28" rx="6"/><rect x="90" y="136" width="44" height="28" rx="6"/>
</g>
<g fill="#333">
<text x="12" y="35">初步接触</text><text x="12" y="75">需求确认</text>
<text x="12" y="115">报价</text><text x="12" y="155">签约</text>
</g>
</svg>"""


async def _funnel(_request: web.Request) -> web.Response:
    return web.Response(text=FUNNEL, content_type="image/svg+xml")


async def _serve(port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        playground, script, _ = await make_playground(Path(folder))
        await fill(script)
        app = web.Application()
        app.add_routes([*routes(playground), web.get("/m/funnel.svg", _funnel)])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        print(f"http://127.0.0.1:{port}/")
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8765))
