"""Documents that a question names (「要带户口本吗」, "do I need my passport?"), and what the list says of them.

A document is asked about where words of bringing, lacking or copying stand beside its name; the matter's
own document (「换身份证」) is none. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from core.cards import Material
from core.i18n import Lang, text
from knowledge.facts import join

_FILE = Path(__file__).parent / "document_names.tsv"
_I = re.IGNORECASE
_MOST = 3
_BETWEEN = (
    r"(我|你|他|她|本人|自己|孩子|小孩|宝宝|小朋友|父母|爸妈|爸爸|妈妈|爸|妈|对方|双方|两个?人|夫妻|老公|老婆|丈夫|妻子|配偶"
    r"|家长|户主|房东|公司|单位|原件|的|电子版?|纸质版?|实体|原来|原|旧|老|新|本|个|张|份|一|两|几|复印件?|那个|那张|这个|了|上|齐|着"
    r"|和|跟|或|、|还有)*$"
)
_BRING_ZH = re.compile(
    r"(要不要|需不需要|用不用|是不是要|是否需要|必须|一定要|非要|还要|也要|(?<!主)要|需要?"
    r"|带|交|拿|提供|提交|出示|准备|凭)+" + _BETWEEN
)
_LACK_ZH = re.compile(r"(没有?|没带|忘带?|忘了带?|没办|缺|只有|光有|丢了|找不到)" + _BETWEEN)
_NEEDED_ZH = re.compile(
    r"^(的?(原件|复印件|电子版|扫描件))?(还|也|都|到底|是不是|是否|一定|必须)*"
    r"(要不要|需不需要|用不用|要|需要|用)(带|交|提供|提交|准备|拿|出示)?(吗|么|不|嘛|过去|去|来|\W*$)"
)
_COPY_ZH = re.compile(
    r"^的?(原件|复印件|电子版|扫描件|照片|几[份张寸]|什么(底|尺寸)|多大|底色|没带|没了|不在身边|不齐"
    r"|可以代替|能代替|能不能代替|拿不出)"
)
_ASKS_ZH = re.compile(r"[吗么嘛呢?？不]|怎|什么|哪|几|多|能|可以|行")
_NEAR_EN = 34
_BRING_EN = re.compile(
    r"\b(need|needs|bring|take|required?|requires|show|submit|provide|hand in|carry|present"
    r"|have to have)\b[^.?!]*$", _I,
)  # fmt: skip
_LACK_EN = re.compile(
    r"\b(without|no|don'?t have|do not have|haven'?t|lost|forgot|forgotten|only have"
    r"|cop(y|ies) of|originals? of)\b[^.?!]*$", _I,
)  # fmt: skip
_AFTER_EN = re.compile(
    r"^s?( (is|are|be))?( \w+)? (required|needed|necessary|enough|original|cop(y|ies))\b", _I
)
_ASKS_EN = re.compile(
    r"\?|\b(do|does|is|are|can|could|must|should|may|will|which|what|how|if|need)\b", _I
)
_CLAUSE = re.compile(r"[,，。;；.!！]")
_AGENT = re.compile(
    r"代办|代领|代为|代理人?办|委托|替(我|他|她|爸|妈|父|母|老人|家人)"
    r"|(别人|他人|家人|家属|朋友|同事|中介)(可以|能)?(去|帮|代|来|跑)"
    r"|让(我的?)?(爸|妈|儿子|女儿|老公|老婆|哥|姐|弟|妹|同事|朋友|家人).{0,2}(帮|去|代|跑|办|领|弄|交)"
    r"|帮(他|她)(们)?(补|办|领|交|弄|跑|取|申请)|代我"
    r"|帮(我|他|她)?(爸|妈|父|母|老人|老公|老婆|丈夫|妻子|儿子|女儿|爷爷|奶奶|外公|外婆|家人|亲戚|朋友|同事)"
    r"|本人(一定|必须|要不要|需不需要|是否|不能|不在|没空|去不了|到场)|亲自|必须本人|(去|走)不了"
    r"|\b(someone|somebody|anyone) else\b|on (my|his|her|their|behalf)|\bbehalf\b|\bin person myself\b"
    r"|\b(can|could|may) my (wife|husband|son|daughter|mother|father|mom|mum|dad|friend|parents?|brother"
    r"|sister|((ex|former)[- ])?colleague|agent|boss|hr|secretary)\b|\bagent (allowed|ok|can|possible)\b"
    r"|\b(collect|pick (it|them) up|hand (it|them) in|sign|apply) (it )?for me\b"
    r"|\b(can|could|may) (a|my) (mate|friend)\b"
    r"|\b(a|my) (mate|friend|wife|husband|son|daughter|mother|father|mom|mum|dad|brother|sister|colleague)"
    r" (can|could|may) (go|come|collect|take|pick|sign|apply|do it)\b"
    r"|\bfor my (wife|husband|mother|father|mom|mum|dad|friend|parents?|grand\w+)\b",
    _I,
)
_AGENTS = frozenset({"agent_id_card", "authorisation_letter"})


@dataclass(frozen=True)
class NamedDocument:
    """A kind of document, by all its names."""

    names: tuple[str, ...]
    """In the language of the question, as the list says it first."""
    said: str
    """As the question says it."""
    bring: bool
    """Whether it was asked if it is to be brought, and not what if it is missing."""

    def among(self, words: str) -> bool:
        """Whether a document's or a matter's name names it."""
        low = words.lower()
        return any(name in low for name in self.names)


@cache
def _kinds(lang: Lang) -> tuple[re.Pattern[str], dict[str, tuple[str, ...]]]:
    """(any name, longest first; name → all names of its kind)."""
    kinds: dict[str, tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        names = tuple(line.split("\t")[0 if lang == "zh" else 1].split("|"))
        kinds.update(dict.fromkeys(names, names))
    longest = "|".join(map(re.escape, sorted(kinds, key=len, reverse=True)))
    pattern = longest if lang == "zh" else rf"\b({longest})\b"
    return re.compile(pattern, _I), kinds


def named_documents(words: str, lang: Lang) -> tuple[NamedDocument, ...]:
    """The documents that `words` (normalised) ask about, in order, each once."""
    found = {document.names: document for document, _, _ in reversed(_asked(words, lang))}
    return tuple(reversed(found.values()))[:_MOST]


def without_documents(words: str, lang: Lang) -> str:
    """`words` without the documents asked about: 「办居住证要单身证明吗」 is about 办居住证."""
    for _, start, end in reversed(_asked(words, lang)):
        words = f"{words[:start]}，{words[end:]}"
    return words


def _asked(words: str, lang: Lang) -> list[tuple[NamedDocument, int, int]]:
    """(document asked about, from where to where), with the words that ask for it."""
    pattern, kinds = _kinds(lang)
    cue = _cue_zh if lang == "zh" else _cue_en
    out = []
    for match in pattern.finditer(words):
        before = _CLAUSE.split(words[: match.start()])[-1]
        found = cue(before, words[match.end() :])
        if found is not None:
            bring, back, on = found
            document = NamedDocument(kinds[match.group(0).lower()], match.group(0), bring)
            out.append((document, match.start() - back, match.end() + on))
    return out if lang == "zh" or _ASKS_EN.search(words) else []


def _cue_zh(before: str, after: str) -> tuple[bool, int, int] | None:
    """(whether bringing it is asked, characters before and after that ask it); None where it is only
    mentioned."""
    brings, lacks = _BRING_ZH.search(before), _LACK_ZH.search(before)
    ask = lacks or brings
    back = len(before) - ask.start() if ask else 0
    needed = _NEEDED_ZH.search(after)
    if needed:
        return True, back, needed.end()
    copies = _COPY_ZH.search(after)
    if brings and _ASKS_ZH.search(brings.group(0) + after):
        return True, back, copies.end() if copies else 0
    if copies or (lacks and _ASKS_ZH.search(after)):
        return False, back, copies.end() if copies else 0
    return None


def _cue_en(before: str, after: str) -> tuple[bool, int, int] | None:
    near = before[-_NEAR_EN:]
    needed, brings, lacks = _AFTER_EN.search(after), _BRING_EN.search(near), _LACK_EN.search(near)
    if needed or brings:
        back = len(near) - brings.start() if brings else 0
        return True, back, needed.end() if needed else 0
    return (False, len(near) - lacks.start(), 0) if lacks else None


def asks_for_agent(words: str) -> bool:
    """Whether it speaks of somebody who acts for another."""
    return _AGENT.search(words) is not None


def told_of(
    named: Iterable[NamedDocument], materials: list[Material], matter: str, lang: Lang
) -> str:
    """What the list says of these documents; empty where it lists none of them and none is asked to be
    brought. `matter`: its name, whose own document is none to bring."""
    lines: list[str] = []
    unlisted: list[str] = []
    for document in named:
        those = [one for one in materials if document.among(one.name)]
        those = [one for one in those if one.id not in _AGENTS] or those
        own = document.among(matter)
        if those and own and all(one.need != "required" for one in those):
            continue  # "papers for a first passport": the passport is what one gets
        if those:
            lines += [_line(one, lang) for one in those]
        elif document.bring and materials and not own:
            unlisted.append(document.said)
    if unlisted:
        lines.append(
            text("knowledge.document.unlisted", lang, names=join(unlisted, lang, listing=True))
        )
    return join(list(dict.fromkeys(lines)), lang)


def agent_papers(materials: list[Material], lang: Lang) -> str:
    """What somebody acting for another brings; empty where the list names nothing."""
    those = [one for one in materials if one.id in _AGENTS]
    if not those:
        return ""
    names = join(list(dict.fromkeys(one.name for one in those)), lang, listing=True)
    when = join(list(dict.fromkeys(one.note for one in those if one.note)), lang)
    key = "knowledge.document.agent_when" if when else "knowledge.document.agent"
    return text(key, lang, names=names, when=when)


def _line(material: Material, lang: Lang) -> str:
    """「户口簿：不用交（2025年5月10日起不用交）」."""
    notes = [note for note in (material.note, material.hint) if note]
    if material.need == "required":
        count = text(
            "knowledge.document.count", lang, originals=material.originals, copies=material.copies
        ) if material.copies else ""  # fmt: skip
        notes = [one for one in (count, *notes) if one]
    words = text(f"knowledge.document.{material.need}", lang, name=material.name)
    return text("knowledge.qualified", lang, name=words, note=join(notes, lang)) if notes else words
