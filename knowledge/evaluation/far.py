"""Questions far from any government service, for refusals.

Made from everyday subjects and the ways people ask about them, in Chinese, Cantonese and English. Whole
fields are for training or for measuring (cooking is only measured), never both.
"""

from __future__ import annotations

from itertools import product
from typing import Literal

_SETS: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("清蒸鲈鱼", "宫保鸡丁", "麻婆豆腐", "番茄炒蛋", "酸菜鱼", "蛋挞", "糖醋排骨", "皮蛋瘦肉粥"),
     ("{}怎么做才好吃", "{}要放多少盐", "{}的家常做法", "做{}火候怎么掌握")),
    (("明天", "后天", "这个周末", "国庆假期"),
     ("{}会不会下雨", "{}气温多少度", "{}有没有台风", "{}适合去爬山吗")),
    (("皇马", "巴萨", "湖人队", "国足", "曼联", "中国女排"),
     ("{}昨晚赢了没有", "{}下一场打谁", "{}最贵的球员是谁")),
    (("三体", "流浪地球", "甄嬛传", "红楼梦", "哈利波特"), ("{}的结局是什么", "{}好看吗", "{}的作者是谁")),
    (("周杰伦", "陈奕迅", "邓紫棋"), ("{}最火的歌是哪首", "{}今年多大了", "{}的演唱会好不好看")),
    (("吉他", "钢琴", "游泳", "围棋", "魔方"), ("零基础怎么学{}", "学{}一天练几个小时", "{}入门看什么教程")),
    (("多肉植物", "绿萝", "金鱼", "仓鼠", "布偶猫"),
     ("{}怎么养不会死", "{}几天喂一次水", "{}不精神了怎么回事")),
    (("原神", "王者", "我的世界", "消消乐"), ("{}怎么快速升级", "{}最强角色是谁", "{}这一关怎么过")),
    (("黑洞", "恐龙", "光速", "月食", "彩虹"), ("{}是怎么形成的", "为什么会有{}", "给孩子怎么解释{}")),
    (("头痛", "失眠", "黑眼圈", "青春痘"), ("{}怎么缓解最快", "{}喝什么茶好", "为什么最近老是{}")),
    (("耳机", "扫地机器人", "跑步鞋", "电饭煲"),
     ("哪个牌子的{}性价比高", "{}五百块以内推荐", "{}用久了有异味")),
    (("生日", "情人节", "同学聚会"), ("{}送什么礼物好", "{}发朋友圈的文案", "{}穿什么衣服")),
    (("一道数学题", "一句情话", "一个笑话", "一副对联"),
     ("给我讲讲{}", "帮我写{}", "再来{}")),
    (("茶餐廳", "糖水舖", "早茶"), ("邊間{}好食啲", "呢度附近有咩{}推介", "{}食咩最抵")),
    (("今晚嗰場波", "尋晚套戲", "嗰首歌"), ("{}你有冇睇", "{}好唔好睇㗎", "{}叫咩名呀")),
    (("chocolate cake", "fried rice", "beef stew", "banana bread"),
     ("how do I cook {}", "what goes well with {}", "how many calories are in {}")),
    (("the Lakers", "Liverpool", "Serena Williams"),
     ("did {} win yesterday", "who coaches {}", "when does {} play next")),
    (("black holes", "volcanoes", "dinosaurs", "rainbows"),
     ("how do {} form", "explain {} to a five year old", "fun facts about {}")),
    (("guitar", "chess", "watercolour painting"),
     ("how do I learn {} at home", "best songs or videos about {}", "is {} hard for adults")),
    (("my cat", "my puppy", "our goldfish"), ("why does {} sleep so much", "what toys does {} like")),
    (("a sci-fi film", "a thriller novel", "a board game"), ("recommend {}", "what is {} for two people")),
    (("tomorrow", "this weekend", "tonight"), ("will it snow {}", "what shall we eat {}")),
    (("a poem about rain", "a love letter", "a haiku"), ("write me {}", "read me {}")),
    (("手机壳", "书桌", "窗帘"), ("{}在网上买靠谱吗", "{}选什么颜色耐看")),
    (("俯卧撑", "瑜伽", "跳绳"), ("{}每天做多少有效果", "{}能瘦肚子吗")),
    (("北海道", "马尔代夫", "张家界的玻璃桥"), ("{}玩几天合适", "{}有什么好玩的")),
    (("股票", "黄金", "基金定投"), ("现在适合买{}吗", "{}会跌到多少")),
    (("室友", "前任", "暗恋的人"), ("怎么跟{}开口聊天", "梦见{}是什么意思")),
    (("pizza", "sushi", "ramen"), ("where is the best {} around", "is {} healthy")),
    (("my phone battery", "the wifi", "my headphones"), ("why is {} so bad", "how to fix {}")),
    (("Paris", "Tokyo", "Bali"), ("how many days should I spend in {}", "is {} pretty in spring")),
    (("a crush", "my roommate"), ("how do I talk to {}", "what does a dream about {} mean")),
    (("bitcoin", "gold", "tech stocks"), ("should I buy {} now", "will {} crash")),
    (("呢隻股", "六合彩", "賭馬"), ("{}有冇料到", "{}買邊個好")),
)  # fmt: skip


def far_questions(half: Literal["train", "test"]) -> list[str]:
    """Those of one half, each once."""
    sets = _SETS[half == "test" :: 2]
    return list(
        dict.fromkeys(
            frame.format(subject)
            for subjects, frames in sets
            for subject, frame in product(subjects, frames)
        )
    )
