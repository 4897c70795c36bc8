"""What a member can do in his chat with the app, as callbacks: messages, events, taps."""

from itertools import count
from typing import Any

from tests.fakes.wecom import cards
from tests.fakes.wecom.callbacks import Callbacks, Delivery
from tests.fakes.wecom.media import Media, amr
from tests.fakes.wecom.messages import Messages
from tests.fakes.wecom.screen import Bubble, Screen
from tests.fakes.wecom.state import App, Company

FIRST_MSGID = 7441000000000000001


class AppLine:
    """The way from phones to one app. Each method returns when the app answered or was given up."""

    def __init__(
        self, company: Company, app: App, callbacks: Callbacks, messages: Messages, media: Media
    ) -> None:
        self.company = company
        self.app = app
        self.callbacks = callbacks
        self.messages = messages
        self.media = media
        self.transcripts: dict[bytes, str] = {}
        """What a recogniser would hear in which AMR file: the far side of speech tests asks here."""
        self._msgids = count(FIRST_MSGID)

    def screen(self, userid: str) -> Screen:
        return self.messages.screen(self.app, userid)

    # -- messages ----------------------------------------------------------------------------------

    async def message(self, userid: str, kind: str, fields: dict[str, Any]) -> Delivery:
        head = self._head(userid, kind)
        return await self.callbacks.push(self.app, {**head, **fields, "MsgId": next(self._msgids)})

    def _head(self, userid: str, kind: str) -> dict[str, Any]:
        return {"FromUserName": userid, "CreateTime": self.company.seconds, "MsgType": kind}

    async def text(self, userid: str, text: str) -> Delivery:
        return await self.message(userid, "text", {"Content": text})

    async def voice(self, userid: str, text: str = "", seconds: float = 1.0) -> Delivery:
        """Only sound arrives, never words: what it says stands in `transcripts`."""
        data = amr(seconds, mark=self.company.number())
        self.transcripts[data] = text
        item = self.media.put("voice", data, "voice.amr")
        return await self.message(userid, "voice", {"MediaId": item.id, "Format": "amr"})

    async def image(self, userid: str, data: bytes, filename: str = "image.jpg") -> Delivery:
        item = self.media.put("image", data, filename)
        url = f"{self.media.base}/pic/{item.id}"
        return await self.message(userid, "image", {"PicUrl": url, "MediaId": item.id})

    async def video(self, userid: str, data: bytes) -> Delivery:
        item, thumb = self.media.put("video", data, "video.mp4"), self.media.put("image", data, "thumb.jpg")
        return await self.message(userid, "video", {"MediaId": item.id, "ThumbMediaId": thumb.id})

    async def place(
        self, userid: str, label: str, latitude: float = 31.3, longitude: float = 120.6
    ) -> Delivery:
        place = {"Location_X": latitude, "Location_Y": longitude, "Scale": 15, "Label": label}
        return await self.message(userid, "location", {**place, "AppType": "wxwork"})

    async def link(self, userid: str, title: str, url: str, description: str = "") -> Delivery:
        fields = {"Title": title, "Description": description, "Url": url, "PicUrl": ""}
        return await self.message(userid, "link", fields)

    # -- events ------------------------------------------------------------------------------------

    async def event(self, userid: str, event: str, fields: dict[str, Any] | None = None) -> Delivery:
        """An event has no MsgId."""
        head = self._head(userid, "event")
        return await self.callbacks.push(self.app, {**head, "Event": event, **(fields or {"EventKey": ""})})

    async def join(self, userid: str) -> Delivery:
        return await self.event(userid, "subscribe")

    async def leave(self, userid: str) -> Delivery:
        return await self.event(userid, "unsubscribe")

    async def enter(self, userid: str) -> Delivery:
        return await self.event(userid, "enter_agent")

    async def locate(
        self, userid: str, latitude: float, longitude: float, precision: float = 30.0
    ) -> Delivery:
        fields = {"Latitude": latitude, "Longitude": longitude, "Precision": precision, "AppType": "wxwork"}
        return await self.event(userid, "LOCATION", fields)

    async def menu(self, userid: str, key: str) -> Delivery:
        """A click on the app's own menu at the bottom."""
        return await self.event(userid, "click", {"EventKey": key})

    async def view(self, userid: str, url: str) -> Delivery:
        return await self.event(userid, "view", {"EventKey": url})

    async def scan(self, userid: str, key: str, result: str) -> Delivery:
        info = {"ScanType": "qrcode", "ScanResult": result}
        return await self.event(userid, "scancode_waitmsg", {"EventKey": key, "ScanCodeInfo": info})

    async def press(
        self, bubble: Bubble, card: cards.Card, userid: str, tap: cards.Tap, picks: cards.Picks
    ) -> Delivery:
        fields = self.messages.press(bubble, card, tap, picks)
        return await self.callbacks.push(self.app, {**self._head(userid, "event"), **fields})
