"""Word lists for `knowledge.text`: Cantonese, fillers, cities and their districts. Data only.

Order matters in `CANTONESE`: longer phrases come before what they contain. Keys are simplified,
because texts are converted to simplified characters first.
"""

from __future__ import annotations

from core.cards import City

CANTONESE: tuple[tuple[str, str], ...] = (
    ("想知道", "想知道"), ("想知", "想知道"), ("知唔知", "知不知道"), ("跌咗", "丢了"), ("跌左", "丢了"),
    ("唔见晒", "丢了"), ("就嚟", "快要"), ("攞返晒", "全部取回"), ("攞番", "取回"), ("补返", "补办"),
    ("换返", "换"), ("续返", "续"), ("冇咗份工", "失业了"), ("冇咗工", "失业了"), ("冇工做", "失业"),
    ("炒咗鱿鱼", "解雇了"), ("收唔收钱", "要不要钱"), ("使唔使钱", "要不要钱"), ("唔使钱", "不用钱"),
    ("要唔要", "要不要"), ("生果金", "高龄津贴"), ("老人家", "老人"), ("嫲嫲", "奶奶"), ("租楼", "租房"),
    ("屋租", "房租"), ("间铺", "店铺"), ("影相", "拍照"), ("搞掂", "办好"), ("一齐", "一起"), ("啱啱", "刚刚"),
    ("头先", "刚才"), ("返嚟", "回来"), ("出嚟", "出来"),
    ("搬晒过嚟", "全部转过来"), ("搬晒过去", "全部转过去"), ("嗰边啲", "那边的"), ("呢边啲", "这边的"),
    ("嗰边", "那边"), ("呢边", "这边"), ("嗰啲", "那些"), ("呢啲", "这些"), ("嗰排", "那阵子"),
    ("呢排", "最近"), ("嗰阵", "那时候"), ("冇工开", "没有工作"), ("大紧肚", "怀孕"), ("打尖", "插队"),
    ("整唔见咗", "丢了"), ("唔见咗", "丢了"), ("唔见左", "丢了"), ("唔见", "丢了"),
    ("使唔使", "要不要"), ("需唔需要", "需不需要"), ("得唔得", "可以吗"), ("系唔系", "是不是"),
    ("系咪", "是不是"), ("有冇", "有没有"), ("可唔可以", "可不可以"), ("识唔识", "会不会"),
    ("几多钱", "多少钱"), ("几多日", "多少天"), ("几多", "多少"), ("几钱", "多少钱"),
    ("几耐", "多久"), ("几时", "什么时候"), ("点样", "怎么"), ("点算", "怎么办"), ("点搞", "怎么办"),
    ("点整", "怎么办"), ("点办", "怎么办"), ("点解", "为什么"), ("点做", "怎么办"), ("点先", "怎么才"),
    ("点去", "怎么去"), ("点提", "怎么提"), ("点攞", "怎么领"), ("点查", "怎么查"), ("点报", "怎么报"),
    ("点申请", "怎么申请"), ("点补", "怎么补"), ("点换", "怎么换"), ("点交", "怎么交"),
    ("点转", "怎么转"), ("点开", "怎么开"), ("点计", "怎么算"), ("点先可以", "怎么才能"),
    ("喺边度", "在哪里"), ("喺边处", "在哪里"), ("去边度", "去哪里"), ("去边处", "去哪里"),
    ("边度", "哪里"), ("边处", "哪里"), ("边间", "哪家"), ("边个", "谁"), ("喺边", "在哪里"),
    ("去边", "去哪里"), ("乜嘢", "什么"), ("咩嘢", "什么"), ("乜野", "什么"), ("咩野", "什么"),
    ("做咩", "做什么"), ("咩", "什么"), ("乜", "什么"), ("而家", "现在"), ("依家", "现在"),
    ("宜家", "现在"), ("呢度", "这里"), ("嗰度", "那里"), ("呢个", "这个"), ("嗰个", "那个"),
    ("呢张", "这张"), ("呢间", "这家"), ("同埋", "和"), ("仲有", "还有"), ("仲要", "还要"),
    ("返工", "上班"), ("收工", "下班"), ("老细", "老板"), ("炒鱿鱼", "解雇"), ("炒咗", "解雇了"),
    ("俾人炒", "被解雇"), ("畀人炒", "被解雇"), ("出粮", "发工资"), ("拖粮", "拖欠工资"),
    ("冇粮出", "拖欠工资"), ("揾工", "找工作"), ("搵工", "找工作"), ("揾", "找"), ("搵", "找"),
    ("揸车", "开车"), ("车牌簿", "行驶证"), ("牛记", "行驶证"), ("屋企", "家里"), ("租屋", "租房"),
    ("买楼", "买房"), ("供楼", "还房贷"), ("层楼", "房子"), ("间屋", "房子"), ("睇医生", "看病"),
    ("睇病", "看病"), ("生仔", "生孩子"), ("生囡", "生孩子"), ("大肚", "怀孕"), ("细路仔", "小孩"),
    ("细路", "小孩"), ("细蚊仔", "小孩"), ("苏虾", "婴儿"), ("仔女", "子女"), ("阿仔", "儿子"),
    ("老豆", "父亲"), ("阿爸", "父亲"), ("阿妈", "母亲"), ("阿嫲", "奶奶"), ("阿婆", "老人"),
    ("阿公", "老人"), ("阿爷", "爷爷"), ("老公", "丈夫"), ("老婆", "妻子"), ("过咗身", "去世"),
    ("过身", "去世"), ("执笠", "关门注销"), ("铺头", "店铺"), ("开铺", "开店"), ("攞返", "取回"),
    ("攞", "领取"), ("拎", "领取"), ("畀", "给"), ("俾", "给"), ("睇", "看"), ("倾", "谈"),
    ("嚟", "来"), ("佢哋", "他们"), ("我哋", "我们"), ("你哋", "你们"), ("佢", "他"), ("哋", "们"),
    ("唔使", "不用"), ("唔知", "不知道"), ("唔到", "不到"), ("唔", "不"), ("冇", "没有"),
    ("喺", "在"), ("嘅", "的"), ("咗", "了"), ("啲", "些"), ("嘢", "东西"), ("系度", "在"),
    ("尾期", "最近"), ("听日", "明天"), ("寻日", "昨天"), ("今日", "今天"), ("边", "哪"),
)  # fmt: skip

CANTONESE_MARKS = "唔冇咗嘅喺佢哋啲嘢咩乜嗰嚟攞搵揾畀睇咁噉"
"""Characters that only Cantonese uses (after conversion to simplified)."""

KEEP = ("周边", "身边", "一边", "旁边", "边检", "边境", "海边", "南边", "北边", "东边", "西边", "这边",
        "那边", "外边", "里边", "边远", "边防", "边缘", "双边", "多边", "两边", "单边", "左边",
        "右边")  # fmt: skip
"""Mandarin words that contain a Cantonese key."""

FILLERS_ZH = (
    "你好", "您好", "请问一下", "请问", "请教一下", "麻烦问一下", "麻烦你", "麻烦您", "麻烦", "打扰一下",
    "我想问问", "我想问一下", "我想问下", "我想问", "想问一下", "想问下", "想问问", "想问", "问一下", "问下",
    "我想咨询一下", "我想咨询", "想咨询一下", "咨询一下", "想了解一下", "想了解", "我想知道", "想知道",
    "帮我看看", "帮我看下", "帮我", "谢谢你", "谢谢", "多谢", "唔该", "在吗", "有人吗",
    "嗯", "呃", "啊", "哎", "诶", "唉", "哦", "噢", "那个那个", "就是说", "就是", "然后呢",
    "怎么讲", "这个这个",
)  # fmt: skip

FILLERS_ALONE_ZH = ("亲", "额", "喂", "不该")
"""Fillers only where they stand alone: they are parts of words too (亲属, 额度, 喂养)."""

FILLERS_EN = (
    r"hello( there)?", r"hi( there)?", r"hey", r"good (morning|afternoon|evening)", r"excuse me",
    r"please", r"pls", r"plz", r"thanks( a lot)?", r"thank you( so much| very much)?", r"thx",
    r"um+", r"uh+", r"er+m?", r"hmm+", r"you know", r"i mean", r"kind of", r"sort of",
    r"(can|could|would) you (please )?(tell|help|show|explain to|let) me( know)?( with)?",
    r"i('d| would)? (like|want|need) to (know|ask)( about)?", r"i (was|am|'m) wondering",
    r"do you know", r"quick question", r"just",
)  # fmt: skip

PLACES: dict[City, tuple[str, ...]] = {
    "shenzhen": (
        "深圳市", "深圳", "鹏城", "福田区", "福田", "罗湖区", "罗湖", "南山区", "南山", "宝安区", "宝安",
        "龙岗区", "龙岗", "龙华区", "龙华", "坪山区", "坪山", "光明区", "盐田区", "盐田", "大鹏新区",
        "前海", "深汕合作区", "深汕", "蛇口", "布吉", "坂田", "沙井", "西乡", "横岗", "坪地", "观澜",
        "松岗", "平湖", "民治", "石岩", "福永", "华强北", "车公庙", "沙头角", "梅林", "皇岗", "西丽", "公明",
    ),
    "dongguan": (
        "东莞市", "东莞", "莞城", "南城街道", "南城", "东城街道", "东城", "万江", "虎门", "长安镇",
        "长安(?!区|大学|汽车|街|福特)",
        "厚街", "常平", "塘厦", "松山湖", "寮步", "大朗", "黄江", "凤岗", "清溪镇", "樟木头", "石龙", "石碣",
        "茶山镇", "横沥", "企石", "石排", "桥头镇", "谢岗", "东坑", "大岭山", "沙田镇", "道滘", "洪梅",
        "麻涌", "中堂镇", "高埗", "望牛墩", "滨海湾",
    ),
}  # fmt: skip
PLACES_EN: dict[City, tuple[str, ...]] = {
    "shenzhen": ("shenzhen", "shen zhen", "futian", "luohu", "nanshan", "bao'?an", "longgang",
                 "longhua", "pingshan", "guangming", "yantian", "dapeng", "qianhai", "shekou", "sz"),
    "dongguan": ("dongguan", "dong guan", "nancheng", "dongcheng", "humen", "chang'?an", "houjie",
                 "changping", "tangxia", "songshan lake", "liaobu", "dalang", "fenggang",
                 "zhangmutou", "shilong", "dg"),
}  # fmt: skip

PLACE_HOMOPHONES = {
    "保安区": "宝安区", "东菀": "东莞", "东完": "东莞", "东管市": "东莞市", "长按镇": "长安镇",
    "松山糊": "松山湖", "松山胡": "松山湖", "虎们": "虎门", "龙港区": "龙岗区", "龙化区": "龙华区",
    "候街": "厚街", "深证市": "深圳市",
}  # fmt: skip
"""How place names are misheard or mistyped."""
PINYIN_EN = {
    "shebao": "social insurance",
    "she bao": "social insurance",
    "yibao": "medical insurance",
    "gongjijin": "housing fund",
    "shenfenzheng": "ID card",
    "sfz": "ID card",
    "juzhuzheng": "residence permit",
    "juzhu dengji": "residence registration",
    "jiazhao": "driving licence",
    "weizhang": "traffic offence",
    "yingye zhizhao": "business licence",
}
"""Chinese words in English sentences."""

KIN = (
    "老婆|老公|妻子|丈夫|爱人|对象|太太|先生|家里人|家人|家属|亲戚|亲友|朋友|同事|爸妈|父母|爸爸|妈妈|老爸|老妈|爸|妈|儿子|女儿"
    "|兄弟|姐妹|哥哥|姐姐|弟弟|妹妹|哥|姐|弟|妹|别人|他人|其他人|中介|人"
)
"""Whom one sends, or asks for."""

ELSEWHERE = (
    "广州", "佛山", "惠州", "珠海", "中山市", "江门", "肇庆", "北京", "上海", "杭州", "成都", "武汉",
    "重庆", "南京", "长沙", "厦门", "西安", "汕头", "湛江", "guangzhou", "foshan", "huizhou", "zhuhai",
    "beijing", "shanghai", "hangzhou", "chengdu",
)  # fmt: skip
"""Cities that the list does not speak for; a question that names only one of them is out of it."""

COUNTRIES = (
    "外国", "美国", "英国", "加拿大", "澳大利亚", "澳洲", "新西兰", "法国", "德国", "意大利", "西班牙",
    "葡萄牙", "俄罗斯", "乌克兰", "日本", "韩国", "朝鲜", "越南", "泰国", "缅甸", "老挝", "柬埔寨",
    "马来西亚", "新加坡", "印尼", "印度尼西亚", "菲律宾", "印度", "巴基斯坦", "孟加拉国?", "尼泊尔",
    "斯里兰卡", "伊朗", "土耳其", "埃及", "尼日利亚", "肯尼亚", "南非", "巴西", "墨西哥", "阿根廷",
    "蒙古国?",
)  # fmt: skip
COUNTRIES_EN = (
    "foreign", "american?", "us", "u\\.s\\.?", "usa", "uk", "british", "canad(a|ian)", "australian?",
    "new zealand", "french", "german", "italian", "spanish", "portuguese", "russian?", "ukrain(e|ian)",
    "japan(ese)?", "korean?", "vietnam(ese)?", "thai", "burmese", "malaysian?", "singapore(an)?",
    "indonesian?", "philippines?", "filipino", "indian?", "pakistani?", "bangladeshi?", "nepal(i|ese)?",
    "sri lankan?", "iranian", "turkish", "egyptian", "nigerian?", "kenyan?", "south african?",
    "brazil(ian)?", "mexic(o|an)", "mongolian?",
)  # fmt: skip
"""Whose passports no office of ours replaces."""
