"""Customers of members: who follows whom, contact ways, welcome messages, remarks and tags."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from aiohttp import web

from tests.fakes.wecom.calls import Ask, call, paged
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.media import Media
from tests.fakes.wecom.state import App, Company, Member

WELCOME_LIFE = timedelta(seconds=20)
PNG = b"\x89PNG\r\n\x1a\n"
BY_QR, BY_LINK, BY_TRANSFER = 1, 16, 202
CHANNEL_BYTES, STATE, REMARK, DESCRIPTION, WELCOME_TEXT = 64, 30, 20, 150, 4000
TYPES = {"image", "link", "miniprogram", "video", "file"}


@dataclass
class External:
    """A customer: a WeChat user (wm…), or one of another company's WeCom (wo…)."""

    id: str
    name: str
    unionid: str = ""
    corp_name: str = ""
    position: str = ""
    gender: int = 0
    welcomes: list[dict[str, Any]] = field(default_factory=list)
    """The welcome messages that reached this customer."""

    @property
    def type(self) -> int:
        return 2 if self.id.startswith("wo") else 1


@dataclass
class Follow:
    """One member's relation to one customer."""

    member: str
    external: str
    since: datetime
    remark: str = ""
    description: str = ""
    company: str = ""
    mobiles: list[str] = field(default_factory=list)
    tags: set[str] = field(default_factory=set)
    add_way: int = BY_QR
    oper: str = ""
    state: str = ""


@dataclass
class Way:
    """A contact way (a QR code)."""

    id: str
    app: App
    at: datetime
    fields: dict[str, Any]


@dataclass
class Welcome:
    code: str
    external: str
    member: str
    at: datetime
    used: bool = False
    chatting: bool = False
    held: bool = False
    """Another app is sending its welcome at this moment."""


@dataclass
class CorpTag:
    id: str
    name: str
    order: int = 0


@dataclass
class TagGroup:
    id: str
    name: str
    order: int = 0
    tags: list[CorpTag] = field(default_factory=list)


class Customers:
    def __init__(self, company: Company, media: Media) -> None:
        self.company = company
        self.media = media
        self.externals: dict[str, External] = {}
        self.follows: dict[tuple[str, str], Follow] = {}
        """By lower-cased userid and external_userid."""
        self.ways: dict[str, Way] = {}
        self.welcomes: dict[str, Welcome] = {}
        self.groups: dict[str, TagGroup] = {}
        self.page = 1000
        self.marking = 0
        """Calls of mark_tag that are in progress elsewhere; five and more give 45033."""

    # -- what is known -----------------------------------------------------------------------------

    def of(self, userid: str) -> list[Follow]:
        return [each for (member, _), each in self.follows.items() if member == userid.lower()]

    def followers(self, external: str) -> list[Follow]:
        return [each for (_, id), each in self.follows.items() if id == external]

    def follow(self, userid: str, external: str) -> Follow | None:
        return self.follows.get((userid.lower(), external))

    def connect(self, member: Member, external: External, add_way: int = BY_QR, state: str = "") -> Follow:
        """They become contacts; nothing is called back here."""
        follow = Follow(member.userid, external.id, self.company.now(), add_way=add_way, state=state)
        follow.oper = member.userid if add_way != BY_TRANSFER else "admin"
        self.follows[member.userid.lower(), external.id] = follow
        return follow

    def welcome(self, member: Member, external: External, *, chatting: bool = False) -> Welcome:
        code = self.company.new("WELCOME")
        found = Welcome(code, external.id, member.userid, self.company.now(), chatting=chatting)
        self.welcomes[code] = found
        return found

    def state_of(self, way: str = "", channel: str = "") -> str:
        """What comes as State: the contact way's, or a link's channel, cut at 64 bytes."""
        if way:
            return str(self.ways[way].fields.get("state", ""))
        return channel.encode()[:CHANNEL_BYTES].decode(errors="ignore")

    def _member(self, ask: Ask, userid: str) -> Member:
        member = self.company.find(userid)
        if member is None:
            raise Fault(40003)
        if not member.serves or not self.company.sees(ask.app, member):
            raise Fault(84074)
        return member

    def _follow(self, ask: Ask) -> Follow:
        """The relation that the body names."""
        userid = self._member(ask, str(ask.want("userid", 41009))).userid
        external = str(ask.want("external_userid", 40096))
        if external not in self.externals:
            raise Fault(40096)
        found = self.follow(userid, external)
        if found is None:
            raise Fault(84061)
        return found

    # -- reading -----------------------------------------------------------------------------------

    @call("GET", "externalcontact/get_follow_user_list", who="customers", lists=("follow_user",))
    def serving(self, ask: Ask) -> dict[str, Any]:
        return {"follow_user": [each.userid for each in self.company.visible(ask.app) if each.serves]}

    @call("GET", "externalcontact/list", who="customers", lists=("external_userid",))
    def list_of(self, ask: Ask) -> dict[str, Any]:
        member = self._member(ask, ask.asked("userid", 41009))
        found = [each.external for each in self.of(member.userid)]
        if not found:
            raise Fault(84061)
        return {"external_userid": found}

    @call("GET", "externalcontact/get", who="customers", lists=("follow_user",))
    def get(self, ask: Ask) -> dict[str, Any]:
        external = self.externals.get(ask.asked("external_userid", 40096))
        if external is None:
            raise Fault(40096)
        follows = [self._info(each) for each in self.followers(external.id)]
        if not follows:
            raise Fault(84061)
        page, cursor = paged(follows, ask.query.get("cursor", ""), 500)
        more = {"next_cursor": cursor} if cursor else {}
        return {"external_contact": _external(external), "follow_user": page, **more}

    @call("POST", "externalcontact/batch/get_by_user", who="customers", lists=("external_contact_list",))
    def batch(self, ask: Ask) -> dict[str, Any]:
        users = ask.want("userid_list", 41009)
        if len(users) > 100:
            raise Fault(40032)
        members = [self._member(ask, each) for each in users]
        if not any(each.licensed for each in members):
            raise Fault(701008, "no licence")
        rows = [each for member in members if member.licensed for each in self.of(member.userid)]
        size = min(int(ask.body.get("limit") or 50), 100)
        page, cursor = paged(rows, str(ask.body.get("cursor") or ""), size)
        listed = [
            {"external_contact": _external(self.externals[each.external]), "follow_info": self._short(each)}
            for each in page
        ]
        unlicensed = [each.userid for each in members if not each.licensed]
        failed = {"fail_info": {"unlicensed_userid_list": unlicensed}} if unlicensed else {}
        return {"external_contact_list": listed, "next_cursor": cursor, **failed}

    def _info(self, follow: Follow) -> dict[str, Any]:
        return self._base(follow) | {"tags": [_tag_of(*each) for each in self._tags(follow)]}

    def _short(self, follow: Follow) -> dict[str, Any]:
        return self._base(follow) | {"tag_id": sorted(follow.tags)}

    @staticmethod
    def _base(follow: Follow) -> dict[str, Any]:
        return {
            "userid": follow.member,
            "remark": follow.remark,
            "description": follow.description,
            "createtime": int(follow.since.timestamp()),
            "remark_corp_name": follow.company,
            "remark_mobiles": follow.mobiles,
            "add_way": follow.add_way,
            "oper_userid": follow.oper,
            "state": follow.state,
        }

    def _tags(self, follow: Follow) -> Iterator[tuple[TagGroup, CorpTag]]:
        for group in self.groups.values():
            for tag in group.tags:
                if tag.id in follow.tags:
                    yield group, tag

    # -- remarks -----------------------------------------------------------------------------------

    @call("POST", "externalcontact/remark", who="customers")
    def remark(self, ask: Ask) -> dict[str, Any]:
        """Nothing is called back for what the API changes."""
        follow, body = self._follow(ask), ask.body
        names = {"remark", "description", "remark_company", "remark_mobiles", "remark_pic_mediaid"}
        if not names & body.keys():
            raise Fault(40063)
        _short_enough(body, remark=REMARK, description=DESCRIPTION, remark_company=REMARK)
        follow.remark = body.get("remark", follow.remark)
        follow.description = body.get("description", follow.description)
        if "remark_company" in body and self.externals[follow.external].type == 1:
            follow.company = body["remark_company"]
        follow.mobiles = list(body.get("remark_mobiles", follow.mobiles))
        return {}

    # -- contact ways ------------------------------------------------------------------------------

    @call("POST", "externalcontact/add_contact_way", who="customers")
    def add_way(self, ask: Ask) -> dict[str, Any]:
        body = ask.body
        if body.get("type") not in (1, 2) or body.get("scene") not in (1, 2):
            raise Fault(41035, "invalid type or scene")
        users = body.get("user") or []
        if (body["type"] == 1 and len(users) != 1) or len(users) > 100:
            raise Fault(41035, "invalid user")
        for each in users:
            self._member(ask, each)
        _short_enough(body, state=STATE, remark=STATE)
        way = Way(self.company.new("WAY"), ask.app, self.company.now(), body)
        self.ways[way.id] = way
        return {"config_id": way.id, **self._qr(way)}

    def _qr(self, way: Way) -> dict[str, str]:
        """The picture lies open at an address of its own."""
        return {"qr_code": f"{self.media.base}/wwpic/{way.id}/0"} if way.fields["scene"] == 2 else {}

    async def picture(self, request: web.Request) -> web.Response:
        way = self.ways.get(request.match_info["way"])
        if way is None:
            raise web.HTTPNotFound
        return web.Response(body=PNG + way.id.encode(), content_type="image/png")

    def _way(self, ask: Ask) -> Way:
        way = self.ways.get(str(ask.body.get("config_id")))
        if way is None or way.app is not ask.app:
            raise Fault(41044)
        return way

    @call("POST", "externalcontact/get_contact_way", who="customers")
    def get_way(self, ask: Ask) -> dict[str, Any]:
        way = self._way(ask)
        return {"contact_way": {"skip_verify": True, **way.fields, "config_id": way.id, **self._qr(way)}}

    @call("POST", "externalcontact/list_contact_way", who="customers", lists=("contact_way",))
    def list_ways(self, ask: Ask) -> dict[str, Any]:
        start, end = int(ask.body.get("start_time") or 0), int(ask.body.get("end_time") or 2**40)
        mine = [
            {"config_id": each.id}
            for each in self.ways.values()
            if each.app is ask.app and start <= each.at.timestamp() <= end
        ]
        size = min(int(ask.body.get("limit") or 100), 1000)
        page, cursor = paged(mine, str(ask.body.get("cursor") or ""), size)
        return {"contact_way": page, "next_cursor": cursor}

    @call("POST", "externalcontact/update_contact_way", who="customers")
    def update_way(self, ask: Ask) -> dict[str, Any]:
        way = self._way(ask)
        _short_enough(ask.body, state=STATE, remark=STATE)
        way.fields = {**way.fields, **{name: each for name, each in ask.body.items() if name != "config_id"}}
        return {}

    @call("POST", "externalcontact/del_contact_way", who="customers")
    def delete_way(self, ask: Ask) -> dict[str, Any]:
        del self.ways[self._way(ask).id]
        return {}

    # -- welcome -----------------------------------------------------------------------------------

    @call("POST", "externalcontact/send_welcome_msg", who="customers")
    def send_welcome(self, ask: Ask) -> dict[str, Any]:
        """Within 20 seconds of the event, and one success only."""
        welcome = self.welcomes.get(str(ask.body.get("welcome_code")))
        if welcome is None:
            raise Fault(41050)
        if welcome.used or welcome.chatting:
            raise Fault(41051)
        if self.company.now() - welcome.at >= WELCOME_LIFE:
            raise Fault(41050)
        if welcome.held:
            raise Fault(41096)
        self._check_welcome(ask.body)
        welcome.used = True
        self.externals[welcome.external].welcomes.append(ask.body)
        return {}

    def _check_welcome(self, body: dict[str, Any]) -> None:
        text = (body.get("text") or {}).get("content", "")
        attachments = body.get("attachments") or []
        if not text and not attachments:
            raise Fault(40063)
        if len(text.encode()) > WELCOME_TEXT:
            raise Fault(45002)
        if len(attachments) > 9:
            raise Fault(40058)
        for each in attachments:
            self._check_attachment(each)

    def _check_attachment(self, each: dict[str, Any]) -> None:
        kind = each.get("msgtype")
        if kind not in TYPES or not isinstance(each.get(kind), dict):
            raise Fault(40008)
        content = each[kind]
        if kind in ("video", "file") or (kind == "image" and not content.get("pic_url")):
            self.media.item(content.get("media_id"), str(kind))
        if kind == "link" and not content.get("title"):
            raise Fault(41016)
        if kind == "link" and not content.get("url"):
            raise Fault(40063)
        if kind == "miniprogram":
            self.media.item(content.get("pic_media_id"), "image")

    # -- tags --------------------------------------------------------------------------------------

    @call("POST", "externalcontact/get_corp_tag_list", who="customers", lists=("tag_group",))
    def list_tags(self, ask: Ask) -> dict[str, Any]:
        tags, groups = ask.body.get("tag_id") or [], ask.body.get("group_id") or []
        found = []
        for group in self.groups.values():
            kept = [each for each in group.tags if not tags or groups or each.id in tags]
            if (not groups or group.id in groups) and (kept or not tags):
                found.append(self._group(group, kept))
        return {"tag_group": found}

    def _group(self, group: TagGroup, tags: list[CorpTag]) -> dict[str, Any]:
        made = self.company.seconds
        listed = [
            {"id": each.id, "name": each.name, "create_time": made, "order": each.order} for each in tags
        ]
        head = {"group_id": group.id, "group_name": group.name, "create_time": made, "order": group.order}
        return {**head, "tag": listed}

    @call("POST", "externalcontact/add_corp_tag", who="customers")
    def add_tags(self, ask: Ask) -> dict[str, Any]:
        """A group of the same name is the same group."""
        wanted = ask.want("tag", 40063)
        for each in wanted:
            _short_enough(each, name=30)
        group = self._wanted_group(ask.body)
        names = {each.name for each in group.tags}
        if any(each.get("name") in names for each in wanted):
            raise Fault(40071)
        made = [CorpTag(self.company.new("et"), each["name"], int(each.get("order") or 0)) for each in wanted]
        self.groups[group.id] = group
        group.tags += made
        return {"tag_group": self._group(group, made)}

    def _wanted_group(self, body: dict[str, Any]) -> TagGroup:
        if id := body.get("group_id"):
            if id not in self.groups:
                raise Fault(40068)
            return self.groups[id]
        name = str(body.get("group_name") or "默认")
        found = next((each for each in self.groups.values() if each.name == name), None)
        return found or TagGroup(self.company.new("eg"), name, int(body.get("order") or 0))

    @call("POST", "externalcontact/edit_corp_tag", who="customers")
    def edit_tag(self, ask: Ask) -> dict[str, Any]:
        id = ask.want("id", 40068)
        groups = list(self.groups.values())
        every: list[TagGroup | CorpTag] = [*groups, *(tag for group in groups for tag in group.tags)]
        found = next((each for each in every if each.id == id), None)
        if found is None:
            raise Fault(40068)
        found.name = ask.body.get("name", found.name)
        found.order = ask.body.get("order", found.order)
        return {}

    @call("POST", "externalcontact/del_corp_tag", who="customers")
    def delete_tags(self, ask: Ask) -> dict[str, Any]:
        tags, groups = set(ask.body.get("tag_id") or []), set(ask.body.get("group_id") or [])
        if not (tags or groups):
            raise Fault(40063)
        for group in list(self.groups.values()):
            group.tags = [each for each in group.tags if each.id not in tags]
            if group.id in groups or not group.tags:
                del self.groups[group.id]
        return {}

    @call("POST", "externalcontact/mark_tag", who="customers")
    def mark(self, ask: Ask) -> dict[str, Any]:
        if self.marking >= 5:
            raise Fault(45033, "concurrency limit")
        follow = self._follow(ask)
        add, remove = set(ask.body.get("add_tag") or []), set(ask.body.get("remove_tag") or [])
        if not (add or remove):
            raise Fault(40063)
        known = {tag.id for group in self.groups.values() for tag in group.tags}
        if not (add | remove) <= known:
            raise Fault(40068)
        follow.tags = (follow.tags | add) - remove
        return {}


def _external(external: External) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "external_userid": external.id,
        "name": external.name,
        "avatar": "",
        "type": external.type,
        "gender": external.gender,
    }
    fields |= {"unionid": external.unionid} if external.unionid and external.type == 1 else {}
    company = {"position": external.position, "corp_name": external.corp_name}
    return fields | (company if external.type == 2 else {})


def _tag_of(group: TagGroup, tag: CorpTag) -> dict[str, Any]:
    return {"group_name": group.name, "tag_name": tag.name, "tag_id": tag.id, "type": 1}


def _short_enough(body: dict[str, Any], **most: int) -> None:
    for name, length in most.items():
        if len(str(body.get(name) or "")) > length:
            raise Fault(40058, f"{name} is too long")
