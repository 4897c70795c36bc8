"""DingTalk (钉钉): the robot of an internal app, by the Stream connection or by callbacks."""

NAME = "dingtalk"
"""The platform's name where somebody talks with the robot."""
