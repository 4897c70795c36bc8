"""The far side of the wire: a DingTalk of our own, strict where the real one is, on the loopback.

    async with DingTalk() as dingtalk:                    # api_base, oapi_base: where the bot calls
        dingtalk.join("li", "李娜", leader="zhou")
        await dingtalk.gateway.connected()                # the bot's Stream connection stands
        await dingtalk.say("li", "今天去了鼎盛")            # returns when it was acknowledged
        card = await dingtalk.next_card("li")             # waits until the bot has sent it
        await dingtalk.phone("li").taps("保存")            # a dtmd link says its text, a card calls back
        assert dingtalk.meter.used < 10
        assert dingtalk.problems == []

Time is `dingtalk.clock`; `passes` moves it, and what was not acknowledged comes again. `goes_wrong` is for
bad calls, `gateway.ends` for the ways in which a line breaks.

Built from the platform's fact sheet alone; it shares no code with the bot. What the sheet calls unconfirmed
is a switch or stands in a comment.
"""

from tests.fakes.dingtalk.crypto import Seal
from tests.fakes.dingtalk.errors import Fault
from tests.fakes.dingtalk.gateway import ENDS, Push
from tests.fakes.dingtalk.hooks import Posted
from tests.fakes.dingtalk.phone import Page, Phone
from tests.fakes.dingtalk.screen import Shown
from tests.fakes.dingtalk.server import AES_KEY, DingTalk
from tests.fakes.dingtalk.state import TUESDAY, App, Conversation
from tests.fakes.dingtalk.templates import Press, Template, listed

__all__ = [
    "AES_KEY",
    "ENDS",
    "TUESDAY",
    "App",
    "Conversation",
    "DingTalk",
    "Fault",
    "Page",
    "Phone",
    "Posted",
    "Press",
    "Push",
    "Seal",
    "Shown",
    "Template",
    "listed",
]
