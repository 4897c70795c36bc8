"""WeCom (企业微信): the self-built app by callbacks, and the smart bot by a long connection."""

APP = "wecom"
"""The platform's name where somebody talks with the self-built app."""
BOT = "wecombot"
"""And where somebody talks with the smart bot: another chat of the same member."""
