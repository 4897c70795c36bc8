"""Every BAIFANG_ setting, once: what it means, its default, and how to mend it where it is wrong."""

import base64
import binascii
import difflib
import os
import secrets
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import StringIO
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "BAIFANG_"
ENV_FILE = Path(".env")
TOML_FILE = Path("baifang.toml")
KEY_BYTES = 32
INCOMPLETE = "incomplete"
DATABASES = ("sqlite+aiosqlite", "postgresql+asyncpg")


class SettingsError(Exception):
    """A setting that cannot be used. The text is one line: which one, what is wrong, how to mend it."""


# --- What values must look like; each complaint says what is right, and never repeats the value. ---


def _database(url: str) -> str:
    scheme, mark, _ = url.partition("://")
    if scheme not in DATABASES or not mark:
        raise ValueError(f"应以 {'://… 或 '.join(DATABASES)}://… 开头")
    return url


def _url(*schemes: str, bare: bool = False) -> AfterValidator:
    """`bare`: scheme and host only."""

    def check(url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in schemes or not (parts.netloc or parts.scheme == "unix"):
            raise ValueError(f"应是 {schemes[0]}://… 这样的完整地址")
        if bare and (parts.path.strip("/") or parts.query or parts.fragment):
            raise ValueError("只写到主机为止，后面不带路径")
        return url.rstrip("/")

    return AfterValidator(check)


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfo's own answer depends on how the name is wrong
        raise ValueError("不是认得的时区名") from None
    return name


def _split(keys: Any) -> Any:
    return [each.strip() for each in keys.split(",") if each.strip()] if isinstance(keys, str) else keys


def _key(key: SecretStr) -> SecretStr:
    if _decoded(key.get_secret_value()) is None:
        raise ValueError(f"每把都应是 {KEY_BYTES} 字节的 base64")
    return key


def _decoded(key: str) -> bytes | None:
    try:
        raw = base64.b64decode(key.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == KEY_BYTES else None


Http = _url("https", "http")
Host = _url("https", "http", bare=True)
AesKey = Annotated[SecretStr, Field(min_length=43, max_length=43)]


# --- The settings ---


class _Group(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )

    def _any(self, names: Iterable[str]) -> bool:
        return any(getattr(self, name) is not None for name in names)

    def _need(self, *names: str) -> None:
        """Either all of these are set, or none."""
        missing = [name for name in names if not self._any((name,))]
        if missing and len(missing) < len(names):
            raise PydanticCustomError(INCOMPLETE, "incomplete", {"names": missing})


class WeCom(_Group):
    """WeCom (企业微信): the self-built app, customer contact and the smart bot, each on its own."""

    corp_id: str | None = None
    """企业 ID。在企业微信管理后台“我的企业”页底部。"""
    agent_id: int | None = None
    """自建应用的 AgentId。在后台“应用管理”里该应用的页面上。"""
    secret: SecretStr | None = None
    """自建应用的 Secret。在后台该应用的页面上查看。"""
    token: SecretStr | None = None
    """自建应用接收消息的 Token。在该应用“接收消息”里，两边要一样。"""
    aes_key: AesKey | None = None
    """自建应用接收消息的 EncodingAESKey，43 位。在该应用“接收消息”里，两边要一样。"""
    contact_secret: SecretStr | None = None
    """客户联系用的 Secret：另一个自建应用的，或早年开通的系统 Secret。空着就用自建应用自己的。"""
    contact_token: SecretStr | None = None
    """客户联系事件的 Token。在那个应用的“接收消息”里，两边要一样。"""
    contact_aes_key: AesKey | None = None
    """客户联系事件的 EncodingAESKey，43 位。在那个应用的“接收消息”里，两边要一样。"""
    bot_id: str | None = None
    """智能机器人（长连接）的 Bot ID。在智能机器人的 API 模式页面上。"""
    bot_secret: SecretStr | None = None
    """智能机器人长连接的 Secret。和 Bot ID 在同一页。"""
    bot_url: Annotated[str, _url("wss", "ws")] = "wss://openws.work.weixin.qq.com"
    """智能机器人长连接的地址。私有部署时填控制台上给的那个。"""
    api_base: Annotated[str, Host] = "https://qyapi.weixin.qq.com"
    """企业微信接口的协议和主机，不带路径。走代理或私有部署时才改。"""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        app, contact = (
            ("agent_id", "secret", "token", "aes_key"),
            ("contact_secret", "contact_token", "contact_aes_key"),
        )
        nothing_else = not (self._any(contact) or self.has_bot)
        if self._any(app) or (self.corp_id is not None and nothing_else):
            self._need("corp_id", *app)
        if self._any(contact):
            self._need("corp_id", *contact)
        self._need("bot_id", "bot_secret")
        return self

    @property
    def has_app(self) -> bool:
        return self.secret is not None

    @property
    def has_contact(self) -> bool:
        return self.contact_secret is not None

    @property
    def has_bot(self) -> bool:
        return self.bot_id is not None


class DingTalk(_Group):
    """DingTalk (钉钉): the internal app and its robot."""

    client_id: str | None = None
    """企业内部应用的 Client ID（原 AppKey）。在开放平台该应用的“凭证”页。"""
    client_secret: SecretStr | None = None
    """企业内部应用的 Client Secret。在开放平台该应用的“凭证”页。"""
    robot_code: str | None = None
    """机器人的 robotCode。在该应用的机器人页面；空着就用 Client ID。"""
    card_template_id: str | None = None
    """互动卡片的模板 ID。在卡片平台发布模板后复制；空着就用普通卡片。"""
    preset_cards: bool = False
    """没有自己的模板时，试用钉钉 SDK 自带的带按钮模板（实验）。正式用请导入自己的模板。"""
    mode: Literal["stream", "http"] = "stream"
    """怎么收消息，写 stream（长连接）或 http（回调）。用 http 时 BAIFANG_PUBLIC_URL 要公网打得开。"""
    token: SecretStr | None = None
    """http 方式下事件订阅的签名 Token。在“事件与回调”页，两边要一样。"""
    aes_key: AesKey | None = None
    """http 方式下事件订阅的加密 aes_key，43 位。在“事件与回调”页，两边要一样。"""
    monthly_calls: int = Field(10_000, ge=0)
    """一个月给拜访用多少次接口调用，快用完时先停不要紧的。0 是不限。标准版全公司一共 10000 次。"""
    api_base: Annotated[str, Host] = "https://api.dingtalk.com"
    """钉钉新版接口的协议和主机，不带路径。走代理时才改。"""
    oapi_base: Annotated[str, Host] = "https://oapi.dingtalk.com"
    """钉钉旧版接口的协议和主机，不带路径。走代理时才改。"""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._need("client_id", "client_secret")
        for optional in ("robot_code", "card_template_id"):
            if self._any((optional,)):
                self._need(optional, "client_id", "client_secret")
        self._need("token", "aes_key")
        return self

    @property
    def has_app(self) -> bool:
        return self.client_id is not None


class Endpoint(_Group):
    """An OpenAI-compatible endpoint."""

    base_url: Annotated[str, Http] | None = None
    """接口地址（OpenAI 兼容），一般以 /v1 结尾。空着就不用。"""
    api_key: SecretStr | None = None
    """接口的密钥。接口不要密钥就空着。"""
    model: str | None = None
    """模型的名字。照接口文档里的写。"""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self._need("base_url", "model")
        if self.api_key is not None:
            self._need("api_key", "base_url")
        return self

    @property
    def on(self) -> bool:
        return self.base_url is not None


class Llm(Endpoint):
    """The model that leads the reading of notes; without it the built-in reader does."""

    timeout_seconds: float = Field(6.0, gt=0, le=60)
    """最多等几秒，等不到就用内置的读法出卡片。一般 4 到 10。"""
    tokens_per_day: int = Field(3_000_000, ge=0)
    """每个进程一天最多用多少 token，用完当天只用内置的读法。0 是不限。"""
    extra: dict[str, Any] = Field(default_factory=dict)
    """请求里要多带或换掉的参数，写成 JSON，null 是不带。比如关掉思考：{"enable_thinking":false}。"""


def _default_database(known: dict[str, Any]) -> str:
    return f"sqlite+aiosqlite:///{known.get('var_dir', Path('var')) / 'baifang.db'}"


def _default_public_url(known: dict[str, Any]) -> str:
    host = str(known.get("host", ""))
    host = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - listened on, but no address to open
    return f"http://{f'[{host}]' if ':' in host else host}:{known.get('port', '')}"


class Settings(BaseSettings):
    """What one installation is told from outside: environment over `.env` over `baifang.toml`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",
        extra="ignore",  # names are checked before, with a better answer
        frozen=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )

    var_dir: Path = Path("var")
    """放数据的文件夹：默认数据库、附件、演示用的密钥。要能写。"""
    database_url: Annotated[str, AfterValidator(_database)] = Field(
        default_factory=_default_database, repr=False
    )
    """数据库的 SQLAlchemy 地址。写成 sqlite+aiosqlite:///… 或 postgresql+asyncpg://…。"""
    redis_url: Annotated[str, _url("redis", "rediss", "unix")] | None = Field(None, repr=False)
    """Redis 的地址，不止一个进程时必须有。写成 redis://…。"""
    host: str = Field("127.0.0.1", min_length=1)
    """网页服务监听的地址。要让别的机器连进来就填 0.0.0.0。"""
    port: int = Field(8080, ge=0, le=65535)
    """网页服务监听的端口。选一个没人占用的。"""
    public_url: Annotated[str, Http] = Field(default_factory=_default_public_url)
    """卡片里的链接用的地址，手机要打得开。填 https://… 的域名。"""
    timezone: Annotated[str, AfterValidator(_timezone)] = "Asia/Shanghai"
    """公司所在的时区。写 Asia/Shanghai 这样的名字。"""
    encryption_keys: Annotated[
        tuple[Annotated[SecretStr, AfterValidator(_key)], ...], NoDecode, BeforeValidator(_split)
    ] = ()
    """加密手机号等敏感内容的密钥，新的在前，逗号隔开。生成一把：openssl rand -base64 32。"""
    policy_file: Path | None = None
    """公司自己的规矩（TOML）。写要改的几行，空着就用自带的那份。"""
    wecom: WeCom = WeCom()
    """企业微信"""
    dingtalk: DingTalk = DingTalk()
    """钉钉"""
    llm: Llm = Llm()
    """帮忙读记录的模型"""
    asr: Endpoint = Endpoint()
    """语音转文字"""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_reachable(self) -> bool:
        """Whether a phone can open what `public_url` says: it is not this machine's own name for itself."""
        host = urlsplit(self.public_url).hostname or ""
        try:
            return not ip_address(host).is_loopback
        except ValueError:
            return host != "localhost"

    @property
    def home(self) -> str:
        """Where a touch on a card leads that has no page of its own."""
        return f"{self.public_url}/m/"

    @property
    def phones_address(self) -> str:
        """Where phones open our pages; "" where they can't. The demo's phones are in its own browser."""
        real = self.wecom.has_app or self.wecom.has_bot or self.dingtalk.has_app
        return self.public_url if self.is_reachable or not real else ""

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The encryption keys, newest first. Raises SettingsError where there is none."""
        if not self.encryption_keys:
            raise SettingsError(f"{PREFIX}ENCRYPTION_KEYS 没有填。{_meaning(('encryption_keys',))}")
        return tuple(_decoded(each.get_secret_value()) or b"" for each in self.encryption_keys)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = InitSettingsSource(settings_cls, init_kwargs=_nested(_toml_values()))
        return init_settings, env_settings, dotenv_settings, toml


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` go before all files. Raises SettingsError."""
    if strange := set(overrides) - set(Settings.model_fields):
        raise TypeError(f"no such settings: {', '.join(sorted(strange))}")
    _check_names("环境变量", os.environ)
    _check_names(f"{ENV_FILE} ", _env_file_names())
    _check_names(f"{TOML_FILE} ", _toml_values())
    try:
        return Settings(**overrides)
    except ValidationError as error:
        faults = [each for each in error.errors() if each["type"] != "default_factory_not_called"]
        raise SettingsError("；".join(dict.fromkeys(_told(each) for each in faults))) from None


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the reference: docs/reference/settings.md and `baifang doctor` are made of these."""

    path: tuple[str, ...]
    variable: str
    meaning: str
    default: str


def every_setting() -> Iterator[Setting]:
    """All settings, in the order in which they are declared."""
    shown = Settings.model_construct()
    for path, _ in _leaves():
        value = getattr(shown, path[0])
        value = value if len(path) == 1 else getattr(value, path[1])
        default = "" if value is None or value in ((), {}) else str(value)
        yield Setting(path, _variable(*path), _meaning(path), default)


# --- Files and names ---


def _env_file_names() -> list[str]:
    bindings = list(parse_stream(StringIO(_text(ENV_FILE))))
    for each in bindings:
        if each.error:
            raise SettingsError(f"{ENV_FILE} 第 {each.original.line} 行读不懂。每行写成 名字=值")
    return [each.key for each in bindings if each.key]


def _toml_values() -> dict[str, Any]:
    """What baifang.toml says, by variable: `[wecom] corp_id` and `BAIFANG_WECOM__CORP_ID` are the same."""
    try:
        tree = tomllib.loads(_text(TOML_FILE))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{TOML_FILE} 不是合格的 TOML：{error}") from None
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = key.upper().removeprefix(PREFIX)
        inner = (
            {f"{name}__{each.upper()}": one for each, one in value.items()} if isinstance(value, dict) else {}
        )
        flat |= {PREFIX + each: one for each, one in (inner or {name: value}).items()}
    return flat


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # as Windows writes it, or plain
    except FileNotFoundError:
        return ""
    except UnicodeDecodeError:
        raise SettingsError(f"{path} 不是 UTF-8 文本。请用 UTF-8 另存") from None
    except OSError as error:
        raise SettingsError(f"{path} 打不开（{error.strerror}）。请检查它是不是文件、有没有权限") from None


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for variable, value in flat.items():
        group, _, name = variable.removeprefix(PREFIX).lower().partition("__")
        if value == "":
            continue  # as with environment variables: empty is unset
        if name:
            tree.setdefault(group, {})[name] = value
        else:
            tree[group] = value
    return tree


def _check_names(where: str, names: Iterable[str]) -> None:
    known = [_variable(*path) for path, _ in _leaves()]
    for name in names:
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in known:
            raise SettingsError(f"{where}里没有 {name} 这个设置{did_you_mean(upper, known)}。改名或去掉")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The likeliest right name, as the end of a complaint; empty where none is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.7)
    return f"，是不是 {near[0]}" if near else ""


# --- Words ---


Trail = tuple[str, ...]


def _leaves(model: type[BaseModel] = Settings, group: Trail = ()) -> Iterator[tuple[Trail, FieldInfo]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _leaves(inner, (*group, name))
        else:
            yield (*group, name), field


def _variable(*path: str) -> str:
    return PREFIX + "__".join(path).upper()


def _meaning(path: Trail) -> str:
    """What a setting is and how to mend it, with the name of its group in front."""
    field = next(field for each, field in _leaves() if each == path)
    group = Settings.model_fields[path[0]].description if len(path) > 1 else None
    return ": ".join(filter(None, (group, field.description))).replace(": ", "：")


def _told(error: ErrorDetails) -> str:
    """One error as a sentence that names the setting, and ends with what belongs there."""
    path = tuple(each for each in error["loc"] if isinstance(each, str))
    if error["type"] == INCOMPLETE:
        names = "、".join(_variable(*path, each) for each in error["ctx"]["names"])
        return f"还缺 {names}：要么填齐，要么都空着。{_meaning((*path, error['ctx']['names'][0]))}".rstrip(
            "。"
        )
    leaf = next(each for each, _ in _leaves() if path[: len(each)] == each)
    return f"{_variable(*leaf)} {what_is_wrong(error)}。{_meaning(leaf)}".rstrip("。")


_WRONG = {
    "missing": "没有填",
    "extra_forbidden": "没有这一项",
    "greater_than_equal": "不能小于 {ge}",
    "greater_than": "要大于 {gt}",
    "less_than_equal": "不能大于 {le}",
    "string_too_short": "太短，至少 {min_length} 个字",
    "string_too_long": "太长，最多 {max_length} 个字",
    "too_short": "太短，至少 {min_length} 个字",
    "too_long": "太长，最多 {max_length} 个字",
    "literal_error": "应是 {expected} 之一",
    "value_error": "{error}",
}
_KINDS = {
    "int": "应是整数",
    "float": "应是数字",
    "bool": "应是 true 或 false",
    "string": "应是一段文字",
    "time": '应是 "08:30" 这样的时间',
    "path": "应是一个路径",
    "tuple": "应是一个列表",
    "frozen": "应是一个列表",
    "list": "应是一个列表",
    "model": "应是一张表",
    "mapping": "应是一张表",
    "dict": "应是一张表",
}


def what_is_wrong(error: ErrorDetails) -> str:
    """The complaint in Chinese, without the value: it may be a secret."""
    kind = error["type"]
    told = _WRONG.get(kind) or _KINDS.get(kind.split("_")[0]) or "写得不对"
    return told.format(**error.get("ctx", {})).replace(" or ", " 或 ")


# --- The demo's key ---


def demo_keys(var_dir: Path) -> tuple[str, ...]:
    """The demo's own encryption key, made once under `var_dir`, for `load_settings(encryption_keys=…)`.

    Safe where two processes start together: the file appears complete, or not at all, and the first wins.
    """
    path = var_dir / "demo.key"
    try:
        var_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_once(path, base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
        keys = tuple(_split(path.read_text(encoding="ascii")))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "不是文本"
        raise SettingsError(f"演示用的密钥 {path} 读写不了（{reason}）。请检查 {var_dir} 的权限") from None
    if not keys or any(_decoded(each) is None for each in keys):
        raise SettingsError(f"演示用的密钥 {path} 坏了。找回原来的文件；演示数据不要了，就删掉整个 {var_dir}")
    return keys


def _write_once(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "w", encoding="ascii") as out:
            out.write(text + "\n")
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        beside.unlink()
