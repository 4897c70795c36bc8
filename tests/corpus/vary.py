"""Makes further training notes out of one: other goods and names in the same sentence, known customers made unknown.

A tagger that has only ever seen 贴标机 after 要两台 must learn from 要两台, not from 贴标机.
"""

import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from align import labels

from handlers.understanding import scan as scanning
from handlers.understanding.corpus import known_of
from handlers.understanding.note import Known
from handlers.understanding.scan import Scan
from handlers.understanding.words import words

SWAPPED = ("PROD", "CUST", "COMP", "IND")
_NAME = "华盛恒泰鑫隆瑞丰宏达兴旺金源永利信诚安康天正明辉远航德润嘉和顺通联众博雅新锐创凯力拓海龙美佳优品福禄万家百川云峰星河东方南山北辰西岭春秋晨曦禾木青石蓝天白鹭江湖洋帆"
_GOODS = (
    "数控机床",
    "冷却塔",
    "蒸箱",
    "地毯",
    "投影仪",
    "拖把",
    "红木茶台",
    "除湿机",
    "显微镜",
    "门禁",
    "花椒油",
    "羽绒服",
    "轮胎",
    "监控",
    "净水器",
    "课桌椅",
    "电缆",
    "切割片",
    "面粉",
    "燕窝",
    "工作服",
    "路由器",
    "打包带",
    "叉车",
    "机油",
    "纸巾",
    "窗帘",
    "钢管",
    "止痛贴",
    "眼镜架",
    "复合肥",
    "砂浆",
    "服务器",
    "保险",
    "年卡",
    "小程序",
    "短信包",
    "培训课",
    "代理记账",
    "猫粮",
    "鱼饵",
    "暖气片",
    "太阳能板",
    "电梯维保",
    "体检套餐",
    "洗衣液",
    "咖啡豆",
    "一次性手套",
    "奶瓶",
    "钢琴",
)


@dataclass(frozen=True)
class Taught:
    """A scanned text and the labels of its characters for each tagger."""

    scan: Scan
    labels: dict[str, list[str]]


Pools = dict[str, list[str]]


def pools(pairs: list[tuple[Scan, dict[str, Any]]]) -> Pools:
    """Phrases of each kind over all notes, some invented ones added."""
    out: Pools = defaultdict(list)
    for found, case in pairs:
        tags = labels(found.text, case["gold"], {c["id"] for c in case["book"]}, "facts")
        for start, end, kind in spans(tags):
            out[kind].append(found.text[start:end])
    out["PROD"] += _GOODS * 3
    chance = random.Random(7)
    for kind in ("CUST", "COMP"):
        out[kind] += [invented(chance) for _ in range(len(out[kind]))]
    return out


def invented(chance: random.Random) -> str:
    name = "".join(chance.sample(_NAME, 2))
    return name + (chance.choice(words("firms", "trades")) if chance.random() < 0.7 else "")


def spans(tags: list[str]) -> list[tuple[int, int, str]]:
    out: list[tuple[int, int, str]] = []
    for i, tag in enumerate(tags):
        if tag.startswith("B-"):
            end = i + 1
            while end < len(tags) and tags[end].startswith("I-"):
                end += 1
            out.append((i, end, tag[2:]))
    return out


def taught(found: Scan, case: dict[str, Any]) -> Taught:
    ids = {c["id"] for c in case["book"]}
    return Taught(found, {name: labels(found.text, case["gold"], ids, name) for name in ("facts", "deeds")})


def unknown(found: Scan, case: dict[str, Any]) -> Taught | None:
    """The same note for somebody whose book lacks its customers."""
    parts = [p for key in ("visits", "updates", "plans", "reminders") for p in case["gold"].get(key) or ()]
    named = {p.get("customer") for p in parts} & {c["id"] for c in case["book"]}
    mentions = [f for f in found.firms if set(f.ids) & named]
    if not mentions:
        return None
    rest = [c for c in case["book"] if c["id"] not in named]
    again = scanning.scan(case["text"], datetime.fromisoformat(case["now"]), known_of(rest))
    tags = taught(again, {**case, "book": case["book"]}).labels
    for firm in mentions:
        if set(tags["facts"][firm.start : firm.end]) == {"O"}:
            tags["facts"][firm.start] = "B-CUST"
            tags["facts"][firm.start + 1 : firm.end] = ["I-CUST"] * (firm.end - firm.start - 1)
    return Taught(again, tags)


def swapped(source: Taught, pool: Pools, chance: random.Random) -> Taught | None:
    """Goods and names replaced by others; what stands around them stays."""
    chosen = [s for s in spans(source.labels["facts"]) if s[2] in SWAPPED and pool[s[2]]]
    if not chosen:
        return None
    text, facts, deeds = source.scan.text, source.labels["facts"], source.labels["deeds"]
    out, out_facts, out_deeds, position = "", [], [], 0
    for start, end, kind in chosen:
        new = chance.choice(pool[kind])
        out += text[position:start] + new
        out_facts += facts[position:start] + [f"B-{kind}"] + [f"I-{kind}"] * (len(new) - 1)
        inner = [deeds[start]] + ["O" if deeds[start] == "O" else "I" + deeds[start][1:]] * (len(new) - 1)
        out_deeds += deeds[position:start] + inner
        position = end
    out += text[position:]
    again = scanning.scan(
        out, datetime.combine(source.scan.now, datetime.min.time()), source.scan.known or Known()
    )
    if len(again.text) != len(out):
        return None
    return Taught(again, {"facts": out_facts + facts[position:], "deeds": out_deeds + deeds[position:]})


def lessons(pairs: list[tuple[Scan, dict[str, Any]]], copies: int) -> list[Taught]:
    """Every note as it is, for a stranger, and with other goods."""
    chance, pool, out = random.Random(11), pools(pairs), []
    for found, case in pairs:
        plain = taught(found, case)
        strange = unknown(found, case)
        out += [plain, *([strange] if strange else [])]
        for k in range(copies):
            other = swapped(strange if strange and k % 2 else plain, pool, chance)
            out += [other] if other else []
    return out
