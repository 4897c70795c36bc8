"""Draws business cards as people have them printed, and spoils the picture as a phone does."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

FONTS = Path("/usr/share/fonts/opentype/noto")
SANS, SERIF, BOLD = "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Regular.ttc", "NotoSansCJK-Bold.ttc"
SIMPLIFIED = 2
"""Place of the mainland's forms in Noto's collections."""
WIDE, TALL = (1000, 600), (600, 1000)


@dataclass(frozen=True)
class Drawn:
    """A card's picture, and what is right about it."""

    picture: Image.Image
    name: str
    company: str
    title: str
    phone: str


class Pen:
    def __init__(self, size: tuple[int, int], paper: str = "white") -> None:
        self.image = Image.new("RGB", size, paper)
        self.draw = ImageDraw.Draw(self.image)

    def write(
        self, x: int, y: int, text: str, size: int, ink: str = "#1a1a1a", font: str = SANS, gap: int = 0
    ) -> None:
        """`gap`: pixels between characters, as designers like them; 0: the font's own."""
        face = ImageFont.truetype(str(FONTS / font), size, index=SIMPLIFIED)
        if not gap:
            self.draw.text((x, y), text, font=face, fill=ink)
            return
        for character in text:
            self.draw.text((x, y), character, font=face, fill=ink)
            x += size + gap

    def down(self, x: int, y: int, text: str, size: int, ink: str = "#1a1a1a", font: str = SANS) -> None:
        """From top to bottom."""
        face = ImageFont.truetype(str(FONTS / font), size, index=SIMPLIFIED)
        for at, character in enumerate(text):
            self.draw.text((x, y + at * int(size * 1.12)), character, font=face, fill=ink)


def plain() -> Drawn:
    pen = Pen(WIDE)
    pen.write(60, 50, "苏州鼎盛机械有限公司", 44, "#0b3d91", BOLD)
    pen.write(60, 200, "张伟", 72, font=BOLD)
    pen.write(240, 232, "采购经理", 34)
    pen.write(60, 380, "手机：138 0013 8000", 28)
    pen.write(60, 425, "邮箱：zhangwei@dingsheng.example", 28)
    pen.write(60, 470, "地址：苏州市工业园区星湖街218号", 28)
    return Drawn(pen.image, "张伟", "苏州鼎盛机械有限公司", "采购经理", "13800138000")


def vertical() -> Drawn:
    pen = Pen(WIDE, "#fbf8f0")
    pen.down(850, 70, "欧阳文静", 64, font=SERIF)
    pen.down(770, 150, "总经理", 36, font=SERIF)
    pen.write(60, 60, "杭州青禾文化传播有限公司", 38, "#7a1f1f", SERIF)
    pen.write(60, 440, "电话 0571-8765 4321", 26)
    pen.write(60, 480, "手机 139 5712 3456", 26)
    pen.write(60, 520, "杭州市西湖区文三路 90 号东部软件园 2 幢", 26)
    return Drawn(pen.image, "欧阳文静", "杭州青禾文化传播有限公司", "总经理", "13957123456")


def two_languages() -> Drawn:
    pen = Pen(WIDE)
    pen.draw.ellipse((60, 50, 160, 150), fill="#e4572e")
    pen.write(185, 55, "深圳市迈锐光电科技股份有限公司", 34, font=BOLD)
    pen.write(185, 105, "Shenzhen Mairui Optoelectronics Technology Co., Ltd.", 20, "#666666")
    pen.write(60, 230, "林志强", 60, font=BOLD)
    pen.write(280, 256, "Jason Lin", 30, "#666666")
    pen.write(60, 315, "销售总监  Sales Director", 28)
    pen.write(60, 420, "Mobile: +86 136 0256 7788", 24)
    pen.write(60, 455, "Tel: +86-755-2688 9900   Fax: +86-755-2688 9901", 24)
    pen.write(60, 490, "E-mail: jason.lin@mairui.example   Web: www.mairui.example", 24)
    pen.write(60, 525, "地址: 深圳市南山区科技园高新南一道 8 号", 24)
    return Drawn(pen.image, "林志强", "深圳市迈锐光电科技股份有限公司", "销售总监", "13602567788")


def spaced() -> Drawn:
    pen = Pen(WIDE)
    pen.write(60, 70, "王芳", 60, gap=36, font=SERIF)
    pen.write(330, 100, "副总经理", 30, "#444444")
    pen.draw.line((60, 190, 940, 190), fill="#b08d57", width=4)
    pen.write(60, 230, "昆山宏远包装有限公司", 40, font=SERIF)
    pen.write(60, 400, "地　址：江苏省昆山市前进东路 388 号", 26)
    pen.write(60, 440, "电　话：0512-57301234-806", 26)
    pen.write(60, 480, "手　机：13962688901", 26)
    pen.write(60, 520, "传　真：0512-57301235", 26)
    return Drawn(pen.image, "王芳", "昆山宏远包装有限公司", "副总经理", "13962688901")


def dark() -> Drawn:
    pen = Pen(WIDE, "#1d2733")
    pen.draw.polygon([(780, 60), (920, 60), (850, 180)], fill="#3fb8af")
    pen.write(60, 60, "上海启元自动化设备有限公司", 36, "#ffffff", BOLD)
    pen.write(60, 220, "陈建国", 64, "#ffffff", BOLD)
    pen.write(290, 256, "高级工程师 / 项目经理", 28, "#c8d0d8")
    pen.write(60, 420, "M 137 6143 5520", 26, "#c8d0d8")
    pen.write(60, 460, "E chenjg@qiyuan.example", 26, "#c8d0d8")
    pen.write(60, 500, "A 上海市松江区新桥镇申港路 3211 号", 26, "#c8d0d8")
    return Drawn(pen.image, "陈建国", "上海启元自动化设备有限公司", "高级工程师/项目经理", "13761435520")


def several_phones() -> Drawn:
    pen = Pen(WIDE)
    pen.write(60, 50, "佛山市顺德区永兴五金制品厂", 40, "#8b0000", BOLD)
    pen.write(60, 105, "专业生产：铰链 · 滑轨 · 拉手 · 五金冲压件", 24, "#555555")
    pen.write(60, 210, "何永兴", 66, font=SERIF)
    pen.write(300, 246, "厂长", 34)
    pen.write(60, 360, "手机：13702556677  18925412266", 28)
    pen.write(60, 405, "电话：0757-22331188  22331199", 28)
    pen.write(60, 450, "传真：0757-22331190", 28)
    pen.write(60, 495, "地址：佛山市顺德区容桂街道红旗中路 56 号", 28)
    return Drawn(pen.image, "何永兴", "佛山市顺德区永兴五金制品厂", "厂长", "13702556677")


def two_lines() -> Drawn:
    pen = Pen(WIDE)
    pen.draw.rectangle((60, 60, 130, 130), outline="#0a7d3b", width=10)
    pen.write(160, 50, "江苏中恒新能源科技", 42, "#0a7d3b", BOLD)
    pen.write(160, 105, "有限公司", 42, "#0a7d3b", BOLD)
    pen.write(560, 250, "周敏", 64, font=BOLD)
    pen.write(560, 335, "供应链管理部 采购主管", 28)
    pen.write(60, 430, "手机 150 6262 7181", 26)
    pen.write(60, 470, "微信 zhoumin_zh88", 26)
    pen.write(60, 510, "无锡市新吴区长江路 21 号 5 号楼 302 室", 26)
    return Drawn(pen.image, "周敏", "江苏中恒新能源科技有限公司", "采购主管", "15062627181")


def upright() -> Drawn:
    pen = Pen(TALL)
    pen.draw.rectangle((0, 0, 600, 220), fill="#f2b705")
    pen.write(60, 80, "武汉光谷检测研究院", 46, "#222222", BOLD)
    pen.write(60, 330, "徐晓东", 68, font=BOLD)
    pen.write(60, 425, "主任", 34)
    pen.write(60, 640, "电话 027-8760 5566", 28)
    pen.write(60, 690, "手机 133 4998 7766", 28)
    pen.write(60, 740, "xuxd@guanggu.example", 28)
    pen.write(60, 790, "武汉市洪山区珞喻路 1037 号", 28)
    return Drawn(pen.image, "徐晓东", "武汉光谷检测研究院", "主任", "13349987766")


def right_aligned() -> Drawn:
    pen = Pen(WIDE, "#f7f7f7")
    pen.write(620, 60, "李静怡", 56, font=SERIF)
    pen.write(620, 135, "客户经理", 28, "#555555")
    pen.write(60, 250, "重庆云岭医疗器械有限责任公司", 38, font=SERIF)
    pen.write(430, 400, "Tel 185 2345 9012", 26)
    pen.write(430, 440, "Mail lijingyi@yunling.example", 26)
    pen.write(430, 480, "Add 重庆市渝北区金开大道 68 号 3 栋", 26)
    pen.write(430, 520, "P.C. 401120", 26)
    return Drawn(pen.image, "李静怡", "重庆云岭医疗器械有限责任公司", "客户经理", "18523459012")


def no_mobile() -> Drawn:
    pen = Pen(WIDE)
    pen.draw.line((500, 60, 500, 540), fill="#cccccc", width=3)
    pen.write(60, 120, "赵德海", 58, font=BOLD)
    pen.write(60, 210, "采购部经理", 30)
    pen.write(540, 120, "青岛海润食品集团", 38, "#00588a", BOLD)
    pen.write(540, 180, "QINGDAO HAIRUN FOODS GROUP", 20, "#00588a")
    pen.write(60, 380, "电话：(0532) 8577-2266", 26)
    pen.write(60, 420, "传真：(0532) 8577-2267", 26)
    pen.write(60, 460, "邮箱：zhaodh@hairun.example", 26)
    pen.write(540, 420, "青岛市市南区香港中路 76 号", 26)
    pen.write(540, 460, "海润大厦 12 层", 26)
    return Drawn(pen.image, "赵德海", "青岛海润食品集团", "采购部经理", "0532-85772266")


CARDS: tuple[Callable[[], Drawn], ...] = (
    *(plain, vertical, two_languages, spaced, dark),
    *(several_phones, two_lines, upright, right_aligned, no_mobile),
)


def clean(card: Image.Image) -> bytes:
    held = BytesIO()
    card.save(held, "PNG")
    return held.getvalue()


def degraded(card: Image.Image, seed: int) -> bytes:
    """On a table, leaning, seen from the side, blurred, grainy, and saved as a small JPEG."""
    chance = np.random.default_rng(seed)
    width, height = card.size
    table = Image.new("RGB", (int(width * 1.4), int(height * 1.6)), (126, 102, 78))
    table.paste(card, (int(width * 0.2), int(height * 0.3)))
    table = table.rotate(float(chance.uniform(-6, 6)), Image.Resampling.BICUBIC, fillcolor=(126, 102, 78))
    wide, high = table.size
    lean = chance.uniform(0.01, 0.05, 4) * wide
    corners = [(lean[0], lean[1]), (wide - lean[2], 0), (wide, high - lean[3]), (0, high)]
    table = table.transform(
        table.size, Image.Transform.PERSPECTIVE, _seen_from(corners, wide, high), Image.Resampling.BICUBIC
    )
    table = table.filter(ImageFilter.GaussianBlur(1.1))
    light = np.linspace(chance.uniform(0.7, 0.85), 1.05, wide)[None, :, None]
    grain = chance.normal(0, 9, (high, wide, 3))
    pixels = np.clip(np.asarray(table).astype(float) * light + grain, 0, 255).astype("uint8")
    held = BytesIO()
    Image.fromarray(pixels).save(held, "JPEG", quality=60)
    return held.getvalue()


def _seen_from(corners: list[tuple[float, float]], wide: int, high: int) -> list[float]:
    """The eight numbers that take a picture's own corners to those."""
    rows, right = [], []
    for (x, y), (u, v) in zip([(0, 0), (wide, 0), (wide, high), (0, high)], corners, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    found: list[float] = np.linalg.solve(np.array(rows, float), np.array(right, float)).tolist()
    return found
