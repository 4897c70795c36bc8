"""Settings: where they come from, and that each fault is one line that says how to mend it."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from config.settings import SettingsError, demo_keys, every_setting, load_settings

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"
KEY = base64.b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.b64encode(bytes(range(1, 33))).decode()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings files are looked for where the program is started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def complaint() -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "opens"),
    [
        ("http://127.0.0.1:8080", False),
        ("http://localhost:8080", False),
        ("http://[::1]:8080", False),
        ("http://192.168.1.5:8080", True),
        ("https://crm.example", True),
    ],
)
def test_where_phones_open_our_pages(url: str, opens: bool) -> None:
    """On a real platform an address that only this machine can open is none."""
    real = load_settings(public_url=url, dingtalk={"client_id": "a", "client_secret": "b"})
    assert (real.is_reachable, real.phones_address) == (opens, url if opens else "")
    assert load_settings(public_url=url).phones_address == url  # the demo's phones are in its own browser


class TestSources:
    def test_nothing_set_is_the_embedded_default(self) -> None:
        settings = load_settings()
        assert settings.database_url == "sqlite+aiosqlite:///var/baifang.db"
        assert (settings.host, settings.port, settings.redis_url) == ("127.0.0.1", 8080, None)
        assert settings.public_url == "http://127.0.0.1:8080"
        assert settings.zone.key == "Asia/Shanghai"
        on = (settings.wecom.has_app, settings.dingtalk.has_app, settings.llm.on, settings.asr.on)
        assert not any(on)

    def test_overrides_then_environment_then_env_file_then_toml(
        self, own_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (own_folder / "baifang.toml").write_text('host = "t"\nport = 1\ntimezone = "UTC"\nvar_dir = "toml"\n')
        (own_folder / ".env").write_text(
            "BAIFANG_HOST=e\nBAIFANG_PORT=2\nBAIFANG_TIMEZONE=Asia/Tokyo\nUNRELATED=1\n"
        )
        monkeypatch.setenv("BAIFANG_HOST", "v")
        monkeypatch.setenv("BAIFANG_PORT", "3")
        settings = load_settings(host="o")
        assert (settings.host, settings.port, settings.timezone) == ("o", 3, "Asia/Tokyo")
        assert settings.var_dir == Path("toml")
        assert settings.public_url == "http://o:3"

    @pytest.mark.parametrize(
        "text",
        [
            '[wecom]\napi_base = "http://127.0.0.1:1"\n',
            'BAIFANG_WECOM__API_BASE = "http://127.0.0.1:1"\n',
            'wecom__api_base = "http://127.0.0.1:1"\n',
            '\ufeff[wecom]\napi_base = "http://127.0.0.1:1/"\n',
        ],
        ids=["table", "variable", "flat", "windows"],
    )
    def test_toml_takes_tables_and_variable_names(self, text: str, own_folder: Path) -> None:
        (own_folder / "baifang.toml").write_text(text, encoding="utf-8")
        assert load_settings().wecom.api_base == "http://127.0.0.1:1"

    def test_empty_is_unset(self, own_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BAIFANG_PORT", "")
        (own_folder / ".env").write_text("BAIFANG_REDIS_URL=\n")
        (own_folder / "baifang.toml").write_text('[wecom]\nsecret = ""\n')
        settings = load_settings()
        assert (settings.port, settings.redis_url, settings.wecom.secret) == (8080, None, None)

    def test_a_whole_platform(self, monkeypatch: pytest.MonkeyPatch) -> None:
        values = {"CORP_ID": "ww1", "AGENT_ID": "1000002", "SECRET": "s", "TOKEN": "t", "AES_KEY": "a" * 43}
        for name, value in values.items():
            monkeypatch.setenv(f"BAIFANG_WECOM__{name}", value)
        wecom = load_settings().wecom
        assert (wecom.has_app, wecom.has_contact, wecom.has_bot) == (True, False, False)
        assert wecom.agent_id == 1000002

    def test_an_unknown_override_is_a_programming_fault(self) -> None:
        with pytest.raises(TypeError, match="no such settings: prot"):
            load_settings(prot=1)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("BAIFANG_PORT", "eighty", "BAIFANG_PORT 应是整数。网页服务监听的端口"),
        ("BAIFANG_PORT", "70000", "BAIFANG_PORT 不能大于 65535"),
        ("BAIFANG_TIMEZONE", "Mars/Base", "BAIFANG_TIMEZONE 不是认得的时区名"),
        ("BAIFANG_TIMEZONE", "../etc/passwd", "BAIFANG_TIMEZONE 不是认得的时区名"),
        (
            "BAIFANG_DATABASE_URL",
            "postgres://u:hunter2@db/x",
            "BAIFANG_DATABASE_URL 应以 sqlite+aiosqlite://",
        ),
        ("BAIFANG_REDIS_URL", "hunter2", "BAIFANG_REDIS_URL 应是 redis://… 这样的完整地址"),
        ("BAIFANG_PUBLIC_URL", "example.org", "BAIFANG_PUBLIC_URL 应是 https://… 这样的完整地址"),
        ("BAIFANG_ENCRYPTION_KEYS", "hunter2", "BAIFANG_ENCRYPTION_KEYS 每把都应是 32 字节的 base64"),
        (
            "BAIFANG_ENCRYPTION_KEYS",
            f"{KEY},{KEY[:20]}",
            "BAIFANG_ENCRYPTION_KEYS 每把都应是 32 字节的 base64",
        ),
        ("BAIFANG_WECOM__AES_KEY", "hunter2", "BAIFANG_WECOM__AES_KEY 太短，至少 43 个字"),
        ("BAIFANG_WECOM__AGENT_ID", "x", "BAIFANG_WECOM__AGENT_ID 应是整数"),
        ("BAIFANG_WECOM__SECRET", "hunter2", "还缺 BAIFANG_WECOM__CORP_ID、BAIFANG_WECOM__AGENT_ID"),
        ("BAIFANG_WECOM__CORP_ID", "ww1", "还缺 BAIFANG_WECOM__AGENT_ID"),
        (
            "BAIFANG_WECOM__CONTACT_TOKEN",
            "hunter2",
            "还缺 BAIFANG_WECOM__CORP_ID、BAIFANG_WECOM__CONTACT_SECRET",
        ),
        ("BAIFANG_WECOM__BOT_SECRET", "hunter2", "还缺 BAIFANG_WECOM__BOT_ID"),
        ("BAIFANG_WECOM__API_BASE", "https://proxy/path", "BAIFANG_WECOM__API_BASE 只写到主机为止"),
        ("BAIFANG_DINGTALK__CLIENT_ID", "d", "还缺 BAIFANG_DINGTALK__CLIENT_SECRET"),
        ("BAIFANG_DINGTALK__ROBOT_CODE", "d", "还缺 BAIFANG_DINGTALK__CLIENT_ID"),
        ("BAIFANG_LLM__BASE_URL", "http://127.0.0.1/v1", "还缺 BAIFANG_LLM__MODEL"),
        ("BAIFANG_ASR__API_KEY", "hunter2", "还缺 BAIFANG_ASR__BASE_URL"),
        ("BAIFANG_PROT", "1", "环境变量里没有 BAIFANG_PROT 这个设置，是不是 BAIFANG_PORT。改名或去掉"),
        ("BAIFANG_WECOM", "hunter2", "环境变量里没有 BAIFANG_WECOM 这个设置"),
        ("baifang_wecom__corpid", "1", "是不是 BAIFANG_WECOM__CORP_ID"),
    ],
)
def test_a_wrong_value_is_named_with_its_mending(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    told = complaint()
    assert said in told
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        (".env", b'BAIFANG_PORT=1\nwhat is = this "\n', ".env 第 2 行读不懂"),
        (".env", b"BAIFANG_PROT=1\n", ".env 里没有 BAIFANG_PROT 这个设置，是不是 BAIFANG_PORT"),
        (".env", b"\xff\xfe\x00", ".env 不是 UTF-8 文本"),
        ("baifang.toml", b"port =\n", "baifang.toml 不是合格的 TOML"),
        ("baifang.toml", b"port = [1]\n", "BAIFANG_PORT 应是整数"),
        ("baifang.toml", b"wecom = 1\n", "baifang.toml 里没有 BAIFANG_WECOM 这个设置"),
        ("baifang.toml", b"[wecom]\ncorpid = 'x'\n", "是不是 BAIFANG_WECOM__CORP_ID"),
        ("baifang.toml", b"encryption_keys = [3]\n", "BAIFANG_ENCRYPTION_KEYS 应是一段文字"),
        ("baifang.toml", b"\xff\xfe\x00", "baifang.toml 不是 UTF-8 文本"),
        ("baifang.toml", None, "baifang.toml 打不开"),
        (".env", None, ".env 打不开"),
    ],
)
def test_a_wrong_file_is_named_with_its_mending(
    file: str, content: bytes | None, said: str, own_folder: Path
) -> None:
    if content is None:
        (own_folder / file).mkdir()
    else:
        (own_folder / file).write_bytes(content)
    assert said in complaint()


def test_several_faults_stand_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAIFANG_PORT", "x")
    monkeypatch.setenv("BAIFANG_TIMEZONE", "x")
    told = complaint()
    assert "BAIFANG_PORT" in told
    assert "BAIFANG_TIMEZONE" in told
    assert "BAIFANG_PUBLIC_URL" not in told  # it only follows from the port


def test_secrets_do_not_show_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BAIFANG_DATABASE_URL", "postgresql+asyncpg://u:hunter2@db/x")
    monkeypatch.setenv("BAIFANG_REDIS_URL", "redis://:hunter2@cache/0")
    monkeypatch.setenv("BAIFANG_ENCRYPTION_KEYS", KEY)
    shown = repr(load_settings())
    assert "hunter2" not in shown
    assert KEY not in shown


class TestKeys:
    def test_newest_first_from_a_list_with_blanks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BAIFANG_ENCRYPTION_KEYS", f" {OTHER_KEY} , {KEY},")
        assert load_settings().keys == (bytes(range(1, 33)), bytes(range(32)))

    def test_none_is_refused_when_they_are_needed(self) -> None:
        with pytest.raises(SettingsError, match=r"BAIFANG_ENCRYPTION_KEYS 没有填.*openssl rand"):
            _ = load_settings().keys

    def test_the_demo_makes_its_own_once(self, own_folder: Path) -> None:
        first = demo_keys(own_folder / "var")
        assert demo_keys(own_folder / "var") == first
        assert len(load_settings(encryption_keys=first).keys[0]) == 32
        assert [each.name for each in (own_folder / "var").iterdir()] == ["demo.key"]
        assert stat.S_IMODE((own_folder / "var" / "demo.key").stat().st_mode) == 0o600

    def test_two_demos_starting_together_use_one(self, own_folder: Path) -> None:
        gate = Barrier(8)

        def start(_: int) -> tuple[str, ...]:
            gate.wait()
            return demo_keys(own_folder / "var")

        with ThreadPoolExecutor(8) as pool:
            assert len(set(pool.map(start, range(8)))) == 1

    @pytest.mark.parametrize("content", [b"", b"short", b"\xff"])
    def test_a_broken_one_is_kept_and_told(self, content: bytes, own_folder: Path) -> None:
        (own_folder / "demo.key").write_bytes(content)
        with pytest.raises(SettingsError, match=r"demo\.key"):
            demo_keys(own_folder)
        assert (own_folder / "demo.key").read_bytes() == content

    def test_a_folder_that_cannot_be_made_is_told(self, own_folder: Path) -> None:
        (own_folder / "var").write_text("a file")
        with pytest.raises(SettingsError, match="读写不了"):
            demo_keys(own_folder / "var")


def test_every_setting_says_what_it_is_and_how_to_mend_it() -> None:
    for each in every_setting():
        assert each.meaning.count("。") >= 2, each.variable


def test_the_reference_names_every_setting() -> None:
    rows = [
        f"| `{each.variable}` | {each.meaning} | {f'`{each.default}`' if each.default else '—'} |"
        for each in every_setting()
    ]
    told = REFERENCE.read_text(encoding="utf-8")
    missing = [row for row in rows if row not in told]
    assert not missing, "put these rows into docs/reference/settings.md:\n" + "\n".join(missing)
    assert told.count("| `BAIFANG_") == len(rows)
