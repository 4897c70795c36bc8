"""What a customer allowed and took back, as it is kept; whether something may go to him is asked here."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256

from cards.actions import DeclineConsent, GiveConsent, WithdrawConsent
from cards.consent import Notice, wording
from handlers.policies.consent import Answer, Outgo, Scope, Standing, may_go, standing
from handlers.work.context import Desk
from storage.models.consents import Consent
from storage.models.customers import Contact
from storage.models.migration import Newcomer
from storage.unit import Unit

PLATFORMS = {"local": "演示用的微信", "wecom": "企业微信（腾讯）", "dingtalk": "钉钉（阿里巴巴）"}
"""Who carries the messages, as a customer knows it."""

Decision = GiveConsent | DeclineConsent | WithdrawConsent


def notice(desk: Desk, platform: str, rep: str = "") -> Notice:
    """What the set-up makes true, for the welcome and the page."""
    said = desk.policy.privacy
    return Notice(
        company=said.company or desk.policy.company,
        rep=rep,
        short=desk.policy.company,
        address=said.address,
        officer=said.officer,
        email=said.email,
        phone=said.phone,
        processors=tuple((each.name, each.does) for each in said.processors),
        platform=PLATFORMS.get(platform, ""),
        keep_years=said.keep_years,
        stays_here=said.stays_here,
        archives_chats=said.archives_chats,
        answer_days=said.answer_days,
    )


def version_of(text: str) -> str:
    """The name of a wording: the same words have the same one, whoever runs this."""
    return sha256(text.encode()).hexdigest()[:12]


def shown_version(told: Notice) -> str:
    """The version of the page as it would be shown now."""
    return version_of(wording(told))


def link_life(desk: Desk) -> timedelta:
    return timedelta(days=desk.policy.privacy.link_days)


async def standing_of(unit: Unit, contact: Contact, *, refused: bool = False) -> Standing:
    """What may go to a person of the archive."""
    kept = await unit.consents.of_contact(contact.id)
    return _standing(kept, refused=refused, left=contact.left_on is not None)


async def standing_of_newcomer(unit: Unit, newcomer: Newcomer) -> Standing:
    return _standing(await unit.consents.of_newcomer(newcomer))


async def check_out(desk: Desk, what: Outgo, contact: Contact) -> bool:
    """Whether something may go to the contact: the one question before anything goes to a customer."""
    return may_go(what, await standing_of(desk.unit, contact))


async def do_answer(desk: Desk, newcomer: Newcomer, decision: Decision, link: str, text: str) -> None:
    """Keeps a customer's answer of his page, one row a purpose, with the words that he was shown."""
    version = version_of(text)
    await desk.unit.consents.keep_text(version, text, desk.now)
    for scope, answer in _answers(decision):
        row = Consent(
            newcomer_id=newcomer.id,
            contact_id=newcomer.contact_id,
            scope=scope,
            answer=answer,
            channel="page",
            text_version=version,
            link=link,
            update_id=desk.update_id,
            at=desk.now,
        )
        await desk.unit.add(row)


async def do_stop(desk: Desk, contact: Contact, scopes: Sequence[Scope], words: str, note_id: int) -> None:
    """A no that the rep passes on: it holds at once, with his words as the evidence."""
    for scope in scopes:
        row = Consent(
            contact_id=contact.id,
            scope=scope,
            answer=Answer.WITHDRAWN,
            channel="said",
            person_id=desk.my_id,
            note_id=note_id,
            update_id=desk.update_id,
            words=words,
            at=desk.now,
        )
        await desk.unit.add(row)


def _answers(decision: Decision) -> list[tuple[Scope, Answer]]:
    if isinstance(decision, WithdrawConsent):
        return [(each, Answer.WITHDRAWN) for each in Scope]
    if isinstance(decision, DeclineConsent):
        return [(each, Answer.DECLINED) for each in Scope]
    ticked = decision.scopes.split(",")
    apart = [(each, Answer.GIVEN if each in ticked else Answer.DECLINED) for each in (Scope.CARE, Scope.NEWS)]
    return [(Scope.SERVICE, Answer.GIVEN), *apart]


def _standing(kept: Sequence[Consent], *, refused: bool = False, left: bool = False) -> Standing:
    return standing([(each.scope, each.answer) for each in kept], refused=refused, left=left)
