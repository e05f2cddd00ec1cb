"""A person, and what makes one needed: requests, feelings, danger, requests that must be refused.

Danger to life comes first and names the help lines before anything else. Feelings are answered in
words, with the list's answer where there is one, and with the offer of a person.
"""

from __future__ import annotations

import re

from actions.chips import TEXT_FIRST, VIDEO_FIRST, chip, notice, person, to_person
from actions.glossary import explain
from actions.precedence import ACTS, LIKELY, from_card, list_first
from actions.service import about, again, answered, told
from actions.services import Services
from actions.turn import Reply, Turn
from core.cards import Action, ChoicesCard, NoticeCard

WORTH_SEARCHING = 8
"""Characters from which a worried sentence may also hold a question."""
SURE, BELIEVED = 0.6, 0.8
"""From this confidence on, danger, youth and what is unlawful are believed without a word that says so; after a
card what is unlawful from the second on."""
_BENDING = (
    r"假|伪造|偽造|刻.{0,2}章|[pP]图|套现|套.{0,4}公积金|骗|呃|糊弄|蒙混|漏洞|空子|逃税|避税|"
    r"fake|forg|cash out|cheat|trick|loophole|evad|photoshop"
)
_UNLAWFUL_WORDS = {
    "other_people_data": re.compile(
        r"别人|別人|他人|"
        r"(老婆|老公|对象|前夫|前妻|邻居|同事|老板|员工|儿媳|女婿|男友|女友|朋友|别家).{0,4}(的|名下|嘅)|"
        r"without (him|her|them)|(someone|somebody|wife|husband|friend|neighbo|boss|ex)\b.{0,3}('s|s')|"
        r"another (person|man|woman)|other people|(someone|somebody|anyone) else",
        re.I,
    ),
    "bribery": re.compile(
        r"红包|紅包|利是|送礼|送禮|好处|好處|塞.{0,3}[钱錢]|走后门|走後門|关系|關係|疏通|打点|打點|"
        r"brib|gift|back ?door|grease|under the table|red (packet|envelope)|pay .{0,12}(officer|staff|clerk)",
        re.I,
    ),
    "forge_documents": re.compile(_BENDING, re.I),
    "evade_rules": re.compile(_BENDING, re.I),
}
_ONES_OWN = re.compile(
    r"我(自己)?(的|嘅|名下|以前|之前|当年|從前)|本人|自己(的|嘅|名下)|\b(my|mine|our)\b", re.I
)
"""What somebody asks about their own records."""
_LOOKS_UP = re.compile(
    r"查|看|知道|余额|餘額|记录|記錄|名下|登录|登入|登陆|密码|密碼|收入|工资|工資|住址|地址|住哪|住在|住邊|电话|電話|号码|號碼|证号|證號|卡号|卡號|"
    r"account|balance|record|check|look|see|find out|how much|log ?in|password|income|salary|address|lives?|"
    r"phone|number",
    re.I,
)
"""Without such a word 「那我老婆的港澳通行证呢」 asks how it is done, not what somebody has."""
_FELT = re.compile(
    r"死|走了|去世|过世|過世|离世|離世|没了|没保住|流产|流產|冇咗|癌|重病|病危|难过|難過|伤心|傷心|哭|崩溃|崩潰|撑不住|熬不|绝望|怕|失踪|家暴|被打|"
    r"气死|火大|生气|嬲|投诉你|垃圾|什么态度|踢皮球|听不懂|看不懂|搞不懂|不明白|唔明|急|快点|来不及|趕|赶|老人机|字.{0,2}小|眼花|看不清|"
    r"passed|died|death|dead|lost (my|our)|grie|cry|scared|afraid|angry|furious|useless|ridiculous|"
    r"confus|don't (get|understand)|urgent|asap|hurry|right now|can't see|too small|smartphone",
    re.I,
)
"""Words of a feeling, or of a need that the kind words are about."""
_DANGER_WORDS = re.compile(
    r"想死|去死|寻死|尋死|死了算|不如死|不想活|唔想活|活不下去|活[着著].{0,4}(没|冇|什么意思|咩意思)|没意思|自杀|自殺|轻生|輕生|自残|割腕|跳楼|跳樓|跳河|跳下去|了结|了断|解脱|解脫|绝望|絕望|撑不下去|撐唔住|熬不下去|一了百了|"
    r"遗书|遗言|告别世界|安眠药|救命|着火|起火|火灾|火災|火燭|煤气|燃气|漏气|爆炸|打人|打我|家暴|砍|杀人|持刀|抢劫|绑架|晕倒|暈倒|昏|"
    r"流血|大出血|中毒|溺水|落水|被困|车祸|車禍|急救|喘不|心梗|中风|抽搐|发烧|高烧|受伤|走失|"
    r"suicid|kill|end (it|my life)|no (point|reason) (in|to) (living|live)|(can't|cannot) go on|hopeless|"
    r"\bdie\b|dying|hurt myself|overdose|self.?harm|\bfire\b|burning|smoke|"
    r"gas leak|explo[ds]|bleed|unconscious|attack|stab|robbe|kidnap|drown|poison|faint|chest pain|breathe|"
    r"ambulance|fever",
    re.I,
)
_HAPPY = re.compile(
    r"生了|生咗|生娃|生孩子|生仔|怀孕|懷孕|怀上|懷上|有喜|有咗|当(爸|妈|爹|父|母)|當(爸|媽|爹)|做(爸|妈|爹)|做(老豆|老母|阿爸|阿媽)|结婚|結婚|领证|領證|新婚|求婚"
    r"|买了?房|買咗?(樓|屋)|买楼|搬家|搬新家|毕业|畢業|升职|入职|退休了|开业|開張"
    r"|\b(baby|newborn|pregnan\w*|expecting|married|wedding|engaged|graduat\w+|moved|moving|retir(ed|ing)"
    r"|new (home|house|flat|job))\b",
    re.I,
)
"""What befalls people and has to be registered: no danger and no grief without a word of it."""
_HELP_LINES = {
    "self_harm": ("12356", "120", "110"),
    "emergency": ("110", "120", "119"),
}


async def handoff(services: Services, turn: Turn) -> Reply:
    """「转人工」: the offer at once, nothing asked before."""
    del services
    video = turn.intent == "human_video"
    key = "handoff.video" if video else "handoff.text"
    return Reply([person(turn, turn.say(key), VIDEO_FIRST if video else TEXT_FIRST)])


async def feelings(services: Services, turn: Turn) -> Reply:
    """Kind words that fit, an answer if the list has one, and a person; the list's answer alone where the
    feeling is only guessed (「老人卡怎么办」 is no call for help with the telephone)."""
    if _happy(turn):
        return told(services, turn, await services.listing.ask(turn))
    felt = turn.confidence >= SURE or bool(_FELT.search(turn.text))
    if not felt and (listed := await _listed(services, turn)) is not None:
        return listed
    if turn.intent == "angry":
        return _angry(turn)
    if turn.intent == "confused":
        return _confused(turn)
    reply = Reply([turn.say(f"feel.{turn.intent}")])
    if felt and (listed := await _listed(services, turn)) is not None:
        reply = reply.then(listed)
    modes = VIDEO_FIRST if turn.intent == "elderly_help" else TEXT_FIRST
    reply.items.append(person(turn, turn.say(f"handoff.{turn.intent}"), modes))
    return reply


def _angry(turn: Turn) -> Reply:
    before = turn.count("upset")
    if before:
        card = person(turn, turn.say("handoff.angry"))
        return Reply([turn.say("feel.angry_again"), card], {"upset": before + 1})
    card_choices = ChoicesCard(
        lang=turn.lang,
        prompt=turn.say("feel.angry"),
        choices=[
            chip(turn, "person", "human_text"),
            chip(turn, "callback", "request_callback"),
            chip(turn, "complain", "complaint_12345"),
        ],
    )
    return Reply([card_choices], {"upset": 1})


def _confused(turn: Turn) -> Reply:
    if explained := explain(turn):
        return Reply([explained])
    kept = turn.slots.get("last_cards")
    refs = [part for part in kept if "ref" in part] if isinstance(kept, list) else []
    if refs and not turn.count("misunderstood"):
        code = str(refs[-1]["ref"])
        choices = [
            chip(turn, "steps", "ask_item", code=code, facet="steps"),
            chip(turn, "bring", "checklist", code=code),
            chip(turn, "person", "human_text"),
        ]
        card = ChoicesCard(lang=turn.lang, prompt=turn.say("feel.confused"), choices=choices)
        return Reply([card], understood=False)
    prompt = turn.say("handoff.confused")
    return Reply([person(turn, prompt)], understood=False)


async def crisis(services: Services, turn: Turn) -> Reply:
    """Life in danger: numbers first, then a person here. Only a guess without a word of danger gives
    way, where the list knows what was asked (「我想离婚」)."""
    meant = bool(_DANGER_WORDS.search(turn.text))
    if not meant and _happy(turn):
        return told(services, turn, await services.listing.ask(turn))
    asked = turn.text and turn.confidence < SURE and (turn.intent == "emergency" or not meant)
    found = await services.listing.ask(turn) if asked else None
    known = found is not None and (
        found.decision == "answer" or (found.decision == "clarify" and turn.confidence < LIKELY)
    )
    listed = told(services, turn, found) if found is not None and known else None
    if listed is not None and not meant:
        return listed
    reply = first_help(turn)
    return reply.then(listed) if listed is not None else reply


def first_help(turn: Turn) -> Reply:
    """The numbers to call for the danger that the turn's intent names, and a person here."""
    lines = [
        Action(title=turn.say(f"line.{number}"), kind="link", url=f"tel:{number}")
        for number in _HELP_LINES[turn.intent]
    ]
    card = NoticeCard(
        lang=turn.lang,
        level="urgent",
        title=turn.say(f"crisis.{turn.intent}.title"),
        text=turn.say(f"crisis.{turn.intent}.text"),
        actions=lines,
    )
    return Reply([card, person(turn, turn.say(f"handoff.{turn.intent}"))])


def _happy(turn: Turn) -> bool:
    """Whether danger or grief is only guessed of words that tell of a birth, a wedding, a move or the like, and
    of nothing sad. What is surely heard is believed (「结婚三年了，每天都想消失」)."""
    if turn.confidence >= SURE or not _HAPPY.search(turn.text):
        return False
    return not (_FELT.search(turn.text) or _DANGER_WORDS.search(turn.text))


async def _listed(services: Services, turn: Turn) -> Reply | None:
    """What the list knows of words that were taken for something else: its answer, or what it may be where
    that was only a guess; None when there is nothing, or too few words to hold a question."""
    sure = turn.confidence >= SURE
    if sure and len(turn.text) < WORTH_SEARCHING:
        return None
    found = await services.listing.ask(turn)
    if found.decision != "answer" and (sure or not found.offers):
        return None
    return told(services, turn, found)


async def refuse(services: Services, turn: Turn) -> Reply:
    """Refused, with the reason and the lawful way; the resident is not scolded."""
    if turn.intent == "prompt_injection":
        return Reply([turn.say("unsafe.prompt_injection")])
    unlawful = _UNLAWFUL_WORDS.get(turn.intent)
    if unlawful is not None:
        named = unlawful.search(turn.text)
        if named and turn.intent == "other_people_data" and not _LOOKS_UP.search(turn.text):
            found = await services.listing.ask(turn)
            if found.decision == "answer":
                return told(services, turn, found)
        if not named and (turn.confidence < SURE or _about_oneself(turn)):
            return told(services, turn, await services.listing.ask(turn))
        # 「老公的房子，写他一个人名」 tells a circumstance of the matter before
        if not named and turn.confidence < BELIEVED and (said := await from_card(services, turn)):
            return said
    if turn.intent == "abuse":
        before = turn.count("upset")
        if before:
            return Reply([person(turn, turn.say("handoff.abuse"))], {"upset": before + 1})
        return Reply([turn.say("unsafe.abuse")], {"upset": 1})
    card = NoticeCard(
        lang=turn.lang,
        level="warning",
        title=turn.say(f"unsafe.{turn.intent}.title"),
        text=turn.say(f"unsafe.{turn.intent}.text"),
        actions=[to_person(turn)],
    )
    return Reply([card])


def _about_oneself(turn: Turn) -> bool:
    return turn.intent == "other_people_data" and bool(_ONES_OWN.search(turn.text))


async def minor(services: Services, turn: Turn) -> Reply:
    """Under age: general answers yes, accounts only with a guardian. Parents ask about their children
    in much the same words: where that may be, what the list knows is enough."""
    listed = await _listed(services, turn)
    if listed is None:
        return Reply([notice(turn, "minor")])
    return listed if turn.confidence < SURE else Reply([notice(turn, "minor")]).then(listed)


async def act(services: Services, turn: Turn) -> Reply:
    """A booking, a visit, a complaint: how it is done, and a person to do it with."""
    reply, still = await list_first(services, turn)
    if not still:
        return reply
    if not reply.items:  # else its card is there already, among those of other matters
        reply = await about(services, turn, ACTS[turn.intent])
        if not answered(reply):
            reply.items.append(turn.say(f"act.{turn.intent}"))
    reply.items.append(person(turn, turn.say(f"handoff.{turn.intent}")))
    return reply


async def repeat(services: Services, turn: Turn) -> Reply:
    """Say the last thing again."""
    kept = turn.slots.get("last_cards")
    if isinstance(kept, list) and kept:
        return await again(services, turn, kept)
    return Reply([turn.say("repeat.nothing")])
