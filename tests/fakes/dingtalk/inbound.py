"""What members say to the robot, as the messages that reach it: by Stream, or signed to its address."""

from collections.abc import Iterable
from typing import Any

from tests.fakes.dingtalk.gateway import DELEGATE, ROBOT, Gateway, Push
from tests.fakes.dingtalk.hooks import Hooks, Posted
from tests.fakes.dingtalk.media import Media
from tests.fakes.dingtalk.session import Sessions
from tests.fakes.dingtalk.state import App, Conversation, Member, Org
from tests.fakes.wecom.media import amr

IN_GROUPS = {"text", "picture", "richText"}
Heard = Push | Posted | None
"""What became of it; None where it never reaches the robot."""


class Inbound:
    def __init__(self, org: Org, gateway: Gateway, hooks: Hooks, sessions: Sessions, media: Media) -> None:
        self.org = org
        self.gateway = gateway
        self.hooks = hooks
        self.sessions = sessions
        self.media = media
        self.transcripts: dict[bytes, str] = {}
        """What a recogniser would hear in which AMR file: the far side of speech tests asks here."""

    # -- kinds of message --------------------------------------------------------------------------

    async def text(
        self,
        app: App,
        chat: Conversation,
        who: Member,
        text: str,
        *,
        at: bool = True,
        wait: bool = True,
        **more: Any,
    ) -> Heard:
        """In a group the @ is taken out, and the blank behind it stays."""
        content = f" {text}" if chat.kind == "2" else text
        body = {"msgtype": "text", "text": {"content": content, **more.pop("quoted", {})}, **more}
        return await self.say(app, chat, who, body, at=at, wait=wait)

    async def audio(
        self,
        app: App,
        chat: Conversation,
        who: Member,
        text: str | None,
        *,
        seconds: float = 4.0,
        duration: bool = False,
        words: str | None = None,
        wait: bool = True,
    ) -> Heard:
        """`text` is said, and stands in `recognition`, or `words` does; `text` None: the field is missing."""
        data = amr(seconds, mark=len(self.transcripts) + 1)
        self.transcripts[data] = text or words or ""
        content: dict[str, Any] = {"downloadCode": self.media.give(app, data, "voice.amr", "voice")}
        if text is not None:
            content["recognition"] = text if words is None else words
        if duration:
            content["duration"] = round(seconds * 1000)
        return await self.say(app, chat, who, {"msgtype": "audio", "content": content}, wait=wait)

    async def picture(
        self,
        app: App,
        chat: Conversation,
        who: Member,
        data: bytes,
        name: str = "photo.jpg",
        wait: bool = True,
    ) -> Heard:
        content = self._picture(app, data, name)
        return await self.say(app, chat, who, {"msgtype": "picture", "content": content}, wait=wait)

    def _picture(self, app: App, data: bytes, name: str) -> dict[str, Any]:
        codes = (self.media.give(app, data, name, "image"), self.media.give(app, data, name, "image"))
        return dict(zip(("downloadCode", "pictureDownloadCode"), codes, strict=True))

    async def rich(
        self, app: App, chat: Conversation, who: Member, parts: Iterable[str | bytes], wait: bool = True
    ) -> Heard:
        """Texts and pictures in order."""
        items = [
            {"text": each}
            if isinstance(each, str)
            else {"type": "picture", **self._picture(app, each, "photo.jpg")}
            for each in parts
        ]
        body = {"msgtype": "richText", "content": {"richText": items}}
        return await self.say(app, chat, who, body, wait=wait)

    async def video(
        self, app: App, chat: Conversation, who: Member, data: bytes, seconds: int = 5, wait: bool = True
    ) -> Heard:
        code = self.media.give(app, data, "video.mp4", "video")
        content = {"duration": str(seconds), "videoType": "mp4", "downloadCode": code}
        return await self.say(app, chat, who, {"msgtype": "video", "content": content}, wait=wait)

    async def file(
        self, app: App, chat: Conversation, who: Member, data: bytes, name: str, wait: bool = True
    ) -> Heard:
        code = self.media.give(app, data, name)
        ids = {"fileId": self.org.new("9"), "spaceId": self.org.new("8")}
        content = {"fileName": name, "downloadCode": code, **ids}
        return await self.say(app, chat, who, {"msgtype": "file", "content": content}, wait=wait)

    async def unknown(self, app: App, chat: Conversation, who: Member, hint: str = "暂不支持的消息") -> Heard:
        body = {"msgtype": "unknownMsgType", "content": {"unknownMsgType": hint}}
        return await self.say(app, chat, who, body)

    async def bare(self, app: App, chat: Conversation, who: Member, code: str = "quota") -> Heard:
        """Ids and an errorCode and no msgtype: reported when the organisation's quota is used up."""
        return await self.say(app, chat, who, {"errorCode": code})

    # -- how it goes out ---------------------------------------------------------------------------

    async def say(
        self,
        app: App,
        chat: Conversation,
        who: Member,
        body: dict[str, Any],
        *,
        at: bool = True,
        wait: bool = True,
        topic: str = ROBOT,
    ) -> Heard:
        """Any message. In groups only what @s the robot reaches it, and only text and pictures."""
        if app.stopped or app.robot_code not in chat.robots or chat.disbanded:
            return None
        if chat.kind == "2" and (not at or body.get("msgtype") not in {*IN_GROUPS, None}):
            return None
        data = {**self._head(app, chat, who), **body}
        if app.robot_url:
            return await self.hooks.robot(app, data)
        push = await self.gateway.push(app, "CALLBACK", topic, data["msgId"], data)
        return await self.gateway.answered(push) if wait else push

    async def hosted(self, app: App, chat: Conversation, who: Member, text: str, host: Member) -> Heard:
        """Of a conversation that `host` lets the robot keep for him."""
        context = [{"readStatus": "2", "senderUserId": who.userid, "sendTime": str(self.org.ms)}]
        hosting = {"hostingContext": {"userId": host.userid, "nick": host.name}}
        body = {"msgtype": "text", "text": {"content": text}, **hosting, "conversationMsgContext": context}
        return await self.say(app, chat, who, body, topic=DELEGATE)

    def _head(self, app: App, chat: Conversation, who: Member) -> dict[str, Any]:
        webhook, ends = self.sessions.give(app, chat)
        head = {
            "conversationId": chat.id,
            "chatbotCorpId": self.org.corpid,
            "chatbotUserId": app.robot_sender,
            "msgId": f"msg{self.org.new('')}==",
            "senderNick": who.name,
            "isAdmin": who.admin,
            "sessionWebhookExpiredTime": ends,
            "createAt": self.org.ms,
            "senderCorpId": "dingOther" if who.external else self.org.corpid,
            "conversationType": chat.kind,
            "senderId": who.sender_id,
            "sessionWebhook": webhook,
            "robotCode": app.robot_code,
        }
        if app.published and not who.external:
            head["senderStaffId"] = who.userid
        if chat.kind == "2":
            at = [{"dingtalkId": app.robot_sender}]
            head |= {"conversationTitle": chat.title, "isInAtList": True, "atUsers": at}
        return head
