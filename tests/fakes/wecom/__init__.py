"""The far side of the wire: a WeCom of our own, strict where the real one is, on the loopback.

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
