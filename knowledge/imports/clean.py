"""Text of other systems made plain: entities, markup, widths, spaces, control characters.

Only what carries no meaning is dropped; nothing here shortens or rewrites words.
"""

from __future__ import annotations

import html
import re
import unicodedata

_TAG = re.compile(
    r"</?(?:p|br|div|span|font|b|i|u|strong|em|a|ul|ol|li|table|tbody|tr|td|th|h[1-6]|img|sup|sub|o:p)"
    r"(?:\s[^<>]{0,500})?/?>",
    re.IGNORECASE,
)
_BREAK = re.compile(r"<(?:br|/p|/div|/li|/tr)\s*/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u2064\ud800-\udfff\ufeff\ufffe\uffff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"[ \t]*\n[\s]*")
_WIDE = {ord("\u3000"): " ", **{code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF1A)}}
_WIDE |= {code: chr(code - 0xFEE0) for code in (*range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
EMPTY = frozenset(
    (
        "",
        "无",
        "無",
        "暂无",
        "没有",
        "-",
        "--",
        "—",
        "/",
        "\\",
        "null",
        "none",
        "nan",
        "n/a",
        "undefined",
    )
)
_END = "。.;；，, "


def decode_entities(text: str) -> str:
    """HTML entities decoded as often as they were encoded (at most four times): `&amp;nbsp;` is a space."""
    for _ in range(4):
        if not _ENTITY.search(text):
            break
        text = html.unescape(text)
    return text


def plain(text: str) -> str:
    """Readable text: entities decoded, markup gone, full-width letters and digits narrowed, odd spaces
    one space, control characters gone; line breaks kept, Chinese punctuation untouched."""
    text = decode_entities(text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _TAG.sub("", _BREAK.sub("\n", text))
    text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text)).translate(_WIDE)
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def one_line(text: str) -> str:
    """`plain` in one line."""
    return " ".join(plain(text).split())


def is_empty(text: str) -> bool:
    """Whether the text only says that there is nothing: `无`, `-`, `null` …"""
    return text.strip().strip(_END).strip().lower() in EMPTY


_ERROR_PAGE = re.compile(
    r"<!doctype html|<html[\s>]|<head[\s>]|<body[\s>]|<script[\s>]"
    r"|\b(?:404|403|500|502|503|504)\b.{0,20}(?:not found|forbidden|error|bad gateway|unavailable|time-?out)"
    r"|(?:not found|forbidden|bad gateway|service unavailable|gateway time-?out|access denied)\W{0,3}$"
    r"|^(?:error|http)\W{0,3}(?:404|403|50[0-4])\b|^(?:404|403|50[0-4])$"
    r"|系统(?:繁忙|异常|错误|维护)|服务器(?:繁忙|错误|内部错误|开小差)|页面(?:不存在|未找到|找不到|出错|已删除)"
    r"|(?:访问|请求|操作)(?:过于|太)?频繁|请?稍[后候]再?(?:重?试|访问)|网络(?:异常|错误|超时|繁忙)|请求超时"
    r"|(?:您)?(?:无权|没有权限)访问|访问(?:被拒绝|受限|出错)|验证码(?:错误|已过期)|请(?:先|重新)登录|会话(?:超时|已过期)",
    re.IGNORECASE,
)


def is_error_page(text: str) -> bool:
    """Whether a name is what a failed page says (`系统繁忙`, `404 Not Found`, HTML) and no matter."""
    return bool(_ERROR_PAGE.search(text[:2_000]))
