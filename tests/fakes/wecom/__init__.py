"""The far side of the wire: a WeCom of our own, strict where the real one is, on the loopback.

    async with WeCom(callback_url="http://127.0.0.1:8080/wecom/callback") as wecom:
        wecom.member("zhou", "周强")
        wecom.member("li", "李娜", leader="zhou")
        await wecom.saves_callback()                 # the console's check of the address
        await wecom.say("li", "今天去了鼎盛")
        card = await wecom.next_card("li")           # waits until the bot has sent it
        await wecom.tap(card, "保存", picks="鼎盛机械")
        assert [each.title for each in wecom.shown("li")] == ["✓ 鼎盛机械记好了"]
        assert wecom.problems == []

`wecom.phone("li")` has the words of the stories' phones. The bot under test calls `wecom.api_url`, a smart
bot `wecom.ws_url` (or `wss_url`, with tls=True). Time is `wecom.clock`; `goes_wrong` is for bad days.

Built from the platform's fact sheet alone; it shares no code with the bot's adapter. What the sheet calls
unconfirmed is a switch or stands in a comment.
"""

from tests.fakes.wecom.crypto import Seal
from tests.fakes.wecom.errors import Fault
from tests.fakes.wecom.gateway import Bot
from tests.fakes.wecom.phone import Page, Phone
from tests.fakes.wecom.screen import Shown
from tests.fakes.wecom.server import AES_KEY, TUESDAY, WeCom
from tests.fakes.wecom.state import App

__all__ = ["AES_KEY", "TUESDAY", "App", "Bot", "Fault", "Page", "Phone", "Seal", "Shown", "WeCom"]
