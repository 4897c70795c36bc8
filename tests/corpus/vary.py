"""Makes further training notes out of one: other goods and names in the same sentence, known customers made unknown.

A tagger that has only ever seen 贴标机 after 要两台 must learn from 要两台, not from 贴标机.
"""

import json
import random
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from handlers.understanding import people, topics
from handlers.understanding.corpus import known_of
from handlers.understanding.scan import Scan, scan
from handlers.understanding.words import words

Case = dict[str, Any]
PARTS = ("visits", "plans", "reminders", "updates")
_NAME = "华盛恒泰鑫隆瑞丰宏达兴旺金源永利信诚安康天正明辉远航德润嘉和顺通联众博雅新锐创凯力拓海龙美佳优品福禄万家百川云峰星河东方南山北辰西岭春秋晨曦禾木青石蓝天白鹭江湖洋帆"
_GOODS = (
    "数控机床 冷却塔 蒸箱 地毯 投影仪 拖把 红木茶台 除湿机 显微镜 门禁 花椒油 羽绒服 轮胎 监控 净水器 课桌椅 电缆 切割片 "
    "面粉 燕窝 工作服 路由器 打包带 叉车 机油 纸巾 窗帘 钢管 止痛贴 眼镜架 复合肥 砂浆 服务器 保险 年卡 小程序 短信包 "
    "培训课 代理记账 猫粮 鱼饵 暖气片 太阳能板 电梯维保 体检套餐 洗衣液 咖啡豆 一次性手套 奶瓶 钢琴"
).split()
_PAUSE = re.compile("[,，。；;]")


def scanned(case: Case) -> Scan:
    return scan(case["text"], datetime.fromisoformat(case["now"]), known_of(case["book"]))


def named(case: Case) -> set[str]:
    """Customers of the answer, by id or name."""
    return {p["customer"] for key in PARTS for p in case["gold"].get(key) or () if p.get("customer")}


def goods(case: Case) -> list[str]:
    found = [*(case["gold"].get("visits") or ()), *(case["gold"].get("updates") or ())]
    return [f["value"] for part in found for f in part.get("facts") or () if f["field"] == "product"]


def rivals(case: Case) -> list[str]:
    return [name for v in case["gold"].get("visits") or () for name in v.get("competitors") or ()]


def invented(chance: random.Random) -> str:
    name = "".join(chance.sample(_NAME, 2))
    return name + (chance.choice(words("firms", "trades")) if chance.random() < 0.7 else "")


def rewritten(case: Case, swaps: dict[str, str]) -> Case:
    """The case with words replaced wherever they stand: text, book and answer."""
    if not swaps:
        return case
    pattern = re.compile("|".join(re.escape(old) for old in sorted(swaps, key=len, reverse=True)))
    out = {key: case[key] for key in ("text", "book", "gold")}
    turned = pattern.sub(lambda m: swaps[m[0]], json.dumps(out, ensure_ascii=False))
    return {**case, **json.loads(turned)}


def swapped(case: Case, pool: list[str], chance: random.Random) -> Case:
    """Other goods, rivals and customers; what stands around them stays."""
    ids = {c["id"] for c in case["book"]}
    swaps = {old: chance.choice(pool) for old in goods(case) if old in case["text"]}
    for old in [*rivals(case), *sorted(named(case) - ids)]:
        if old in case["text"]:
            swaps[old] = invented(chance)
    for entry in case["book"]:
        short = min((a for a in entry.get("aliases") or () if len(a) >= 2), key=len, default=None)
        if entry["id"] in named(case) and short and short in case["text"]:
            swaps[short] = "".join(chance.sample(_NAME, 2))
    return rewritten(case, {old: new for old, new in swaps.items() if len(old) >= 2})


def breathless(case: Case, chance: random.Random) -> Case:
    """Dictated: pauses lost or become blanks."""
    mark = chance.choice(("", " "))
    text = _PAUSE.sub(lambda m: mark if chance.random() < 0.6 else m[0], case["text"])
    return {**case, "text": text, "channel": "voice"}


def unknown(case: Case, found: Scan) -> Case | None:
    """The same note for somebody whose book lacks its customers: they and their people are as said."""
    gone = named(case) & {c["id"] for c in case["book"]}
    said = {f.ids[0]: found.text[f.start : f.end] for f in found.firms if len(f.ids) == 1 and f.ids[0] in gone}
    if not said or set(said) != gone:
        return None
    rest = [c for c in case["book"] if c["id"] not in gone]
    for person in found.people:
        for customer, contact in topics.holders(person, found.known.customers):
            if customer.id in gone:
                said.setdefault(contact.name, people.bare(person))
    return {**case, "book": rest, "gold": _renamed(case["gold"], said)}


def _renamed(value: Any, said: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(inner, said) for key, inner in value.items()}
    if isinstance(value, list):
        return [_renamed(inner, said) for inner in value]
    return said.get(value, value) if isinstance(value, str) else value


def copies(case: Case, found: Scan, pool: list[str], count: int) -> Iterator[Case]:
    """Up to `count` others of one note, the same ones every time."""
    chance = random.Random(case["id"])
    strange = unknown(case, found)
    if strange:
        yield strange
    for k in range(count):
        other = swapped(strange if strange and k % 2 else case, pool, chance)
        yield breathless(other, chance) if chance.random() < 0.35 else other


def pool_of(cases: list[Case]) -> list[str]:
    """Goods of the notes themselves and some of other trades."""
    return [*(g for case in cases for g in goods(case)), *_GOODS * 3]
