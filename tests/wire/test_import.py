"""`baifang import` as an operator runs it: faults told row by row, killed and resumed, nothing twice."""

import csv
import io
import random
import resource
import signal
import subprocess
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from handlers.work.people import add_person
from storage.unit import Unit
from tests.wire.test_cli import NOW, PROGRAM, Home, environment

ROWS = 2000
SECONDS = 20
HEADINGS = ("*客户名称", "联系人", "手机号", "邮箱", "行业", "客户等级", "负责人", "最近联系", "标签", "备注")
PLACES = [
    "苏州",
    "无锡",
    "常州",
    "南通",
    "昆山",
    "东莞",
    "佛山",
    "杭州",
    "宁波",
    "绍兴",
    "青岛",
    "济南",
    "郑州",
    "武汉",
    "长沙",
    "合肥",
]
SYLLABLES = "鑫恒盛隆泰祥瑞宏兴达永和广源利昌华安德正"
TRADES = ["机械", "电子", "包装", "纺织", "塑胶", "化工", "食品", "建材"]

FAULTS = {
    101: ({"手机号": "1380013"}, "电话“1380013”不对（7 位）"),
    202: ({"手机号": "1.38001E+10"}, "科学计数"),
    303: ({"邮箱": "zhang.example.com"}, "邮箱“zhang.example.com”不对"),
    404: ({"客户等级": "特大"}, "等级“特大”不认得，可以是 A、B、C"),
    505: ({"负责人": "王五"}, "负责人“王五”不在同事里"),
    606: ({"最近联系": "2999-01-01"}, "最近联系 2999-01-01 还没到"),
    707: ({"*客户名称": ""}, "没有客户名称"),
    808: ({"最近联系": "上个月"}, "最近联系“上个月”不是日期"),
}
"""By the row's number in the file: what is planted, and the words that its reason must hold."""


def names() -> list[str]:
    """Names of which none is like another one."""
    found = [
        f"{place}{a}{b}{trade}有限公司"
        for place in PLACES
        for a in SYLLABLES
        for b in "远成丰茂业通"
        for trade in TRADES
    ]
    return random.Random(7).sample(found, ROWS)


def good_rows() -> dict[int, dict[str, str]]:
    """Rows by their number in the file; the headings stand in row 2, below a title."""
    rows = {}
    for at, name in enumerate(names()):
        values = (name, f"张{SYLLABLES[at % 20]}", f"139{at:08}", f"u{at}@example.com", "制造", "ABC"[at % 3])
        rows[at + 3] = dict(
            zip(HEADINGS, (*values, "李娜" if at % 2 else "chen", "2026-04-01", "", ""), strict=True)
        )
    return rows


def planted() -> dict[int, dict[str, str]]:
    rows = good_rows()
    for number, (fault, _) in FAULTS.items():
        rows[number] |= fault
    rows[910] |= {"*客户名称": rows[10]["*客户名称"].removesuffix("有限公司"), "联系人": rows[10]["联系人"]}
    rows[920] |= {"*客户名称": rows[20]["*客户名称"], "联系人": "周同"}
    rows[930] |= {"手机号": rows[30]["手机号"]}
    rows[940] |= {"备注": "身份证 320501198001011234，喜欢喝茶", "标签": "价格敏感、话多"}
    return rows


def write_xlsx(path: Path, rows: Iterable[dict[str, str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(["2026 年客户名单"])
    sheet.append(list(HEADINGS))
    for row in rows:
        sheet.append([row[each] for each in HEADINGS])
    book.save(path)


def report(path: Path) -> dict[int, tuple[str, str]]:
    """What became of each row of the list, and why, by its number in the list."""
    sheet = load_workbook(path.with_name(f"{path.stem}.导入报告.xlsx")).active
    assert sheet is not None
    cells = list(sheet.iter_rows(values_only=True))
    result, reason = cells[0].index("结果"), cells[0].index("原因")
    return {at + 3: (str(row[result]), str(row[reason] or "")) for at, row in enumerate(cells[1:])}


@pytest.fixture
def company(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.fill(_hire)
    return home


async def _hire(unit: Unit) -> None:
    people = (("郑洁", "admin", "zheng"), ("李娜", "rep", "li"), ("陈浩", "rep", "chen"))
    for name, role, address in people:
        await add_person(unit, name=name, role=role, platform="local", address=address, at=NOW)


def run_and_kill(home: Home, path: Path, after: int) -> None:
    """kill -9 as soon as the program has said that so many rows are done."""
    command = [PROGRAM, "import", str(path)]
    with subprocess.Popen(
        command, cwd=home.folder, env=environment(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("导入 ") and int(line.split()[1].split("/")[0]) >= after:
                break
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def cpu_seconds() -> float:
    """What the programs that have ended took of a processor: no neighbour's load is counted."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def counts(home: Home) -> dict[str, int]:
    tables = ("customers", "contacts", "imported_rows", "imports")
    return {each: home.sql(f"SELECT count(*) FROM {each}")[0][0] for each in tables}


def test_2000_rows_with_faults_are_told_killed_and_resumed_without_a_double(company: Home) -> None:
    path = company.folder / "名单.xlsx"
    write_xlsx(path, planted().values())
    begun = cpu_seconds()
    run_and_kill(company, path, after=700)
    killed = counts(company)
    assert 600 < killed["imported_rows"] < ROWS - 100
    done = company.run_installed("import", str(path))
    took = cpu_seconds() - begun
    assert done.returncode == 1, done.stderr.decode()
    assert took < SECONDS, f"{took:.1f} s"

    told = report(path)
    assert len(told) == ROWS
    for number, (_, words) in FAULTS.items():
        assert told[number][0] == "没导入", (number, told[number])
        assert words in told[number][1], (number, told[number])
    assert told[910] == ("重复", f"和第 10 行“{planted()[10]['*客户名称']}”是同一家、同一个人")
    assert told[920][0].startswith("并入")
    assert told[930][0] == "没导入"
    assert "电话和第 30 行" in told[930][1]
    assert (
        told[940] == ("新建", "标签“话多”不在标签表里，没带上；身份证号没有带上")
        or "身份证号没有带上" in told[940][1]
    )
    kinds = Counter(kind.removesuffix("（上次）") for kind, _ in told.values())
    made = ROWS - len(FAULTS) - 3
    assert kinds == {"新建": made, "没导入": len(FAULTS) + 1, "重复": 1, "并入": 1}

    once = counts(company)
    assert once == {"customers": made, "contacts": made + 1, "imported_rows": made + 1, "imports": 1}
    assert company.sql("SELECT count(DISTINCT legal_name) FROM customers") == [(made,)]
    assert company.sql("SELECT count(DISTINCT phone_index) FROM contacts") == [(made + 1,)]
    codes = [code for (code,) in company.sql("SELECT code FROM customers")]
    assert len(set(codes)) == made
    assert all(code.startswith("B-20") for code in codes)

    again = company.run("import", str(path))
    assert f"其中 {made + 1:,} 行上次已经导入，没有重复" in again.stdout.decode()
    assert counts(company) == once
    company.says("audit", "verify")


def test_a_dry_run_writes_the_report_and_nothing_else(company: Home) -> None:
    path = company.folder / "名单.xlsx"
    write_xlsx(path, list(planted().values())[:150])
    before = path.read_bytes()
    done = company.run("import", str(path), "--dry-run")
    assert done.returncode == 1
    assert done.stdout.decode().startswith("试跑，什么也没写：150 行：新建 149，没导入 1")
    assert set(counts(company).values()) == {0}
    assert path.read_bytes() == before
    assert "电话“1380013”不对" in report(path)[101][1]


def rows_of(home: Home, name: str) -> list[dict[str, str]]:
    text = (home.folder / f"{name}.导入报告.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_of_any_usual_encoding(company: Home, encoding: str) -> None:
    text = "公司,姓名,电话\n宏远包装有限公司,王芳,0512-66668888\n宏源包装,李强,13900001111\n"
    (company.folder / "表.csv").write_bytes(text.encode(encoding))
    company.run("import", "表.csv", "--owner", "li")
    first, second = rows_of(company, "表")
    assert first["结果"] == "新建"
    assert (second["结果"], second["原因"]) == (
        "没导入",
        "和第 2 行“宏远包装有限公司”同音，像是同一家：是就改成一样的名称",
    )
    assert company.sql("SELECT name, legal_name, owner_id, status FROM customers") == [
        ("宏远包装", "宏远包装有限公司", 2, "draft")
    ]


VCARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B;=E8=8A=B3;;;
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E7=8E=8B=
=E8=8A=B3
TEL;CELL:139-0000-1111
ORG;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=AE=8F=E8=BF=9C=E5=8C=85=E8=A3=85
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:刘敏
TEL;TYPE=CELL:+86 138 0000 2222
ORG:启明教育;教务处
TITLE:校务主任
ADR;TYPE=WORK:;;科苑路 1 号;深圳;广东;518000;中国
END:VCARD
BEGIN:VCARD
VERSION:4.0
FN:赵海
TEL:tel:+8613800003333
END:VCARD
"""


def test_a_phones_contacts_of_every_vcard_version(company: Home) -> None:
    (company.folder / "通讯录.vcf").write_text(VCARDS, encoding="utf-8")
    assert company.run("import", "通讯录.vcf").returncode == 0
    assert [row["客户名称"] for row in rows_of(company, "通讯录")] == ["宏远包装", "启明教育", "赵海"]
    assert company.sql("SELECT name, kind FROM customers ORDER BY id") == [
        ("宏远包装", "company"),
        ("启明教育", "company"),
        ("赵海", "person"),
    ]
    assert company.sql("SELECT name, title FROM contacts ORDER BY id") == [
        ("王芳", None),
        ("刘敏", "校务主任"),
    ]


def test_a_customer_that_is_there_is_left_alone_or_filled(company: Home) -> None:
    one = company.folder / "一.csv"
    one.write_text("客户,联系人,电话\n宏远包装,王芳,\n", encoding="utf-8")
    company.run("import", str(one))
    two = company.folder / "二.csv"
    two.write_text("客户,联系人,电话,行业\n宏远包装,王芳,13900001111,包装\n", encoding="utf-8")
    assert company.run("import", str(two)).returncode == 0
    assert rows_of(company, "二")[0]["结果"] == "已有"
    assert company.sql("SELECT industry FROM customers") == [(None,)]
    company.run("import", str(two), "--fill")
    assert rows_of(company, "二")[0]["结果"] == "补上"
    assert company.sql("SELECT industry FROM customers") == [("包装",)]
    assert company.sql("SELECT count(*), count(phone_index) FROM contacts") == [(1, 1)]


@pytest.mark.parametrize(
    ("name", "content", "options", "told"),
    [
        ("gone.csv", None, (), "读不了"),
        ("a.pdf", b"%PDF", (), "可以导 .xlsx、.csv、.vcf"),
        ("a.xlsx", b"no zip", (), "另存为 .xlsx"),
        ("a.csv", b"", (), "是空的"),
        ("a.csv", b"x,y\n1,2\n", (), "没有客户名称"),
        ("a.csv", "客户,电话\n甲,1\n".encode(), ("--map", "客户=nam"), "nam"),
        ("a.csv", "客户,电话\n甲,1\n".encode(), ("--map", "名字=name"), "名字"),
        ("a.csv", "客户,电话\n甲,1\n".encode(), ("--as", "nobody"), "nobody"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    company: Home, name: str, content: bytes | None, options: Sequence[str], told: str
) -> None:
    if content is not None:
        (company.folder / name).write_bytes(content)
    assert told in company.refuses("import", name, *options)
