"""Which of several cities told for one fact counts: whose it is, what holds now.

「老公社保在深圳，我社保在东莞，我的生育津贴去哪领」 names two cities for one fact, of two people;
「以前在深圳交，现在在东莞交」 two of one. Here each is told with its owner and its time, and the one that
the question is about is chosen, or none: a false reason is worse than a question. Pure: regular
expressions over normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.cards import City

_I = re.IGNORECASE
Person = Literal[
    "me", "wife", "husband", "spouse", "mother", "father", "parents", "child", "relative", "friend"
]
ME: Person = "me"

_PEOPLE: tuple[tuple[Person, str, str], ...] = (
    ("wife", r"老婆|妻子|太太|媳妇儿?", r"wife"),
    ("husband", r"老公|丈夫", r"husband"),
    ("spouse", r"爱人|配偶|另一半", r"spouse|partner"),
    ("parents", r"爸妈|父母|爸爸妈妈", r"parents"),
    ("relative", r"爷爷|奶奶|外公|外婆|公公|婆婆|岳父|岳母|哥哥?|姐姐?|弟弟|妹妹|叔叔?|舅舅?|姑姑?|阿姨"
     r"|亲戚", r"grand(?:ma|pa|mother|father|parents?)|brother|sister|uncle|aunt|in-laws?"),
    ("mother", r"妈妈?(?!湾|祖)|母亲", r"mother|mom|mum|mummy"),
    ("father", r"爸爸?|父亲", r"father|dad"),
    ("child", r"孩子|小孩|娃|宝宝|儿子|女儿|(?<![a-z])bb(?![a-z])",
     r"sons?|daughters?|child(?:ren)?|kids?|baby|newborn"),
    ("friend", r"朋友|同事|同学|室友|邻居", r"friend|colleague|roommate|neighbou?r"),
)  # fmt: skip
_PERSON = re.compile(
    "|".join(
        rf"(?P<{who}>(?:我|俺|咱)?(?:们|的|家)*(?:老|阿)?(?:{zh})|\b(?:{en})\b)"
        for who, zh, en in _PEOPLE
    )
    + r"|(?P<they>他们?|她们?|佢哋?|\b(?:he|she|his|her|him|they|their|them)\b)"
    + r"|(?P<me>我们?|本人|自己|咱们?|俺|\b(?:i|i'm|i've|i'll|my|mine|we|our|me)\b)",
    _I,
)
_FOLLOWS = re.compile(
    r"(?:跟|随|同)(?:着)?(?:他|她|我)?(?P<whom>妈妈?|母亲?|爸爸?|父亲?)"
    r"|\b(?:follow\w*|takes?|with|under) (?:the |his |her |its )?(?P<whom_en>mother|father|mum|mom"
    r"|dad)(?:'s)?\b",
    _I,
)
"""Whose register a child takes."""
_HELPS = re.compile(
    r"(?:[帮替给代陪带]|\b(?:help|tell|for|let)) ?$|(?<![不])(?:要|想|能|可以|可|怎么|怎样|如何)?(?:帮|替"
    r"|代|给|陪|带)",
    _I,
)
_GAP = re.compile(r"[,，。.;；!！?？\n]")
_POSSESSES = re.compile(
    r"(?:自己|本人)?的|'s\b|(?<=\bmy) (?!own )?\w|(?<=\bher) \w|(?<=\bhis) \w", _I
)
_FOR = re.compile(r"(?:[帮替给代]|\bfor(?: my| our)?) ?$", _I)
_PAST = re.compile(
    r"以前|之前|原来|原先|从前|过去(?!世)|曾经?|早先|早年|去年|前年|前几年|本来"
    r"|\bused to\b|\bpreviously\b|\bformerly\b|\bin the past\b|\blast year\b|\bwas\b|\bwere\b"
    r"|\bbefore\b(?! (?:i|we|you|it|the|my)\b)",
    _I,
)
_NOW = re.compile(
    r"现在|目前|如今|今年|后来|刚(?:刚)?(?:转|换|跳槽)|已经(?:转|换)|最近|\bnow\b|\bcurrently\b"
    r"|\bthese days\b|\bsince then\b|\bthis year\b",
    _I,
)
_CORRECTED = re.compile(
    r"(?:^|[,，。.!！ 哦噢啊呃])(?:不对(?=[,，。.!！ 啊])|不是(?=[,，。.!！])|哦?不(?=[,，。])|不不"
    r"|(?:是)?我?(?:搞|说|讲|记)错(?:了)?"
    r"|更正)[,，。:：! ]*"
    r"|\b(?:no,? wait|wait,? no|scratch that|correction|my mistake|sorry,? (?:i meant?|it'?s|no)|i meant?"
    r"|or rather)\b[,:]? *",
    _I,
)
"""What was said before is taken back."""


@dataclass(frozen=True)
class Claim:
    """A city told for a fact."""

    city: City
    at: int
    """Where in the text it is told."""
    who: Person
    when: int
    """0: formerly, 1: not said, 2: now."""
    wished: bool = False
    """Whether it is what is wanted, not what is."""


@dataclass(frozen=True)
class People:
    """Who is spoken of in a text, and of whom its question is."""

    named: tuple[tuple[int, int, Person], ...]
    """(start, end, person), in order; pronouns are the person they stand for."""
    follows: Person | None
    """The parent whose register a child takes."""
    text: str

    def at(self, place: int) -> Person:
        """Of whom the words at `place` are: the last person named until there; nobody: the resident."""
        before = [who for start, _, who in self.named if start <= place]
        return before[-1] if before else ME

    def asked_of(self, claims: Iterable[Claim]) -> Person | None:
        """Whose matter the question is: the last person named after all that was told, or before it."""
        places = [claim.at for claim in claims]
        after = [who for start, _, who in self._owners() if start > max(places, default=-1)]
        if after:
            return after[-1]
        before = [who for start, _, who in self._owners() if start < min(places, default=0)]
        return before[0] if before and before[0] != ME else None

    def is_own(self, person: Person, claims: Iterable[Claim]) -> bool:
        """Whether the question is expressly about what is a person's own (「我的生育津贴」, "for her")."""
        last = max((claim.at for claim in claims), default=-1)
        asks = max((gap.end() for gap in _GAP.finditer(self.text.rstrip("?？。.!！ "))), default=0)
        starts = {start for start, _, _ in self.named}
        return any(
            start > last
            and start >= asks
            and who == person
            and end + 1 not in starts
            and (_POSSESSES.match(self.text, end) or _FOR.search(self.text[:start]))
            for start, end, who in self._owners()
        )

    def _owners(self) -> list[tuple[int, int, Person]]:
        """Without the resident where he only helps (「我帮他办」) or is helped (「帮我查」)."""
        return [
            (start, end, who)
            for start, end, who in self.named
            if who != ME or not (_HELPS.search(self.text[:start]) or _HELPS.match(self.text, end))
        ]


def people_in(text: str) -> People:
    """The people of a text."""
    named: list[tuple[int, int, Person]] = []
    for match in _PERSON.finditer(text):
        who = match.lastgroup
        if who == "they":
            who = next((one for _, _, one in reversed(named) if one != ME), "relative")
        named.append((match.start(), match.end(), who))  # type: ignore[arg-type]
    return People(tuple(named), _followed(text, {who for _, _, who in named}), text)


def _followed(text: str, present: set[Person]) -> Person | None:
    match = _FOLLOWS.search(text)
    if match is None:
        return None
    whom = (match.group("whom") or match.group("whom_en") or "").lower()
    mother = whom[:1] in ("妈", "母") or whom in ("mother", "mum", "mom")
    hers: tuple[Person, ...] = ("wife", "mother")
    his: tuple[Person, ...] = ("husband", "father")
    own, other = (hers, his) if mother else (his, hers)
    named = next((one for one in own if one in present), None)
    return named or (ME if present & set(other) else None)


def time_of(clause: str) -> int:
    """When a clause holds (see `Claim.when`)."""
    return 2 if _NOW.search(clause) else 0 if _PAST.search(clause) else 1


def since_correction(text: str) -> int:
    """Where what counts begins: after the last word that takes back what stands before; else 0."""
    ends = [match.end() for match in _CORRECTED.finditer(text)]
    return ends[-1] if ends else 0


def counting(claims: Sequence[Claim], people: People, *, own: bool, firm: bool) -> City | None:
    """The city that counts; None where it cannot be told.

    `own`: whether the fact is each grown person's own (where he is insured), not a household's; `firm`:
    whether what is told of one person contradicts itself, else the first counts.
    """
    wished = [claim for claim in claims if claim.wished]
    if wished:
        return wished[-1].city
    by_person: dict[Person, Claim] = {}
    for claim in claims:
        known = by_person.get(claim.who)
        if known is None or claim.when > known.when:
            by_person[claim.who] = claim
        elif firm and claim.when == known.when and claim.city != known.city:
            return None
    target = people.asked_of(claims)
    if people.follows in by_person:
        return by_person[people.follows].city
    cities = {claim.city for claim in by_person.values()}
    if len(cities) > 1:
        if target in by_person and not (target == ME and "child" in by_person):
            return by_person[target].city
        return None
    if (
        own
        and by_person
        and target not in by_person
        and _unheard(target, by_person, claims, people)
    ):
        return None
    return cities.pop() if cities else None


def _unheard(
    target: Person | None, told: Iterable[Person], claims: Sequence[Claim], people: People
) -> bool:
    """Whether nothing told of `told` says anything of `target`, whose own matter it is: a child goes
    with its parents, and who asks may only be helping."""
    if target in (None, "child", "parents") or "parents" in told:
        return False
    return people.is_own(target, claims)
