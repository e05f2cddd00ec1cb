"""What names look like, for `knowledge.learning.rules`. Data only; Chinese is simplified."""

from __future__ import annotations

COMMON = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏"
    "魏吕丁沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严覃武戴莫孔汤温康施文牛樊葛邢安易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿兰焦俞左柳甘祝宁符"
    "舒阮柯纪梅童凌毕季裴霍涂苗谷盛曲翁冉骆蓝路游辛靳柴蒙鲍华喻祁蒲滕屈饶牟艾尤阳穆农卓古吉缪"
    "芦麦褚娄窦戚岑甄邝冼邬卞宗瞿栾桑敖佘谌奚鄢粟蔺郜阚萧禤闵匡鞠荆郁晁屠廉亓仝邸臧佟晏"
)
"""Chinese family names that are seldom part of another word."""
SURNAMES = COMMON + (
    "于任向齐关包尚单成管房解时司简车项连景党宫费卜冷席卫米柏桂全应苟边姬师仇隋商刁沙荣巫寇郎"
    "丛仲虞巩明池查麻苑迟官封谈惠乐冀胥南班储原栗燕楚劳皮楼盘满闻位厉伊区海花权强帅豆朴盖练禹"
    "井祖漆巴丰支卿国狄平计索宣晋相初门云容敬扈芮普阙浦戈伏鹿薄雍辜羊阿乌母裘修邰赫杭那宿鲜印"
    "逯隆茹诺战慕危玉银亢嵇公哈湛宾戎勾茅利於呼居干尉冶斯元束檀衣信展阴昝智幸奉植衡富尧闭钭谯"
)
"""Nearly all of them. The others count only where a name is to be expected."""
DOUBLE = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|皇甫|公孙|慕容|令狐|司徒|司空|长孙"
    "|宇文|呼延|申屠|轩辕|东郭|西门|公羊|澹台|濮阳|淳于|单于|闻人|赫连|钟离|鲜于|闾丘|万俟|拓跋"
    "|完颜|纳兰|叶赫|仲孙"
)
PART_OF_A_WORD = {
    "金": "公积老资租押罚现奖基定佣税薪黄保险休纳代", "安": "宝治公平西", "付": "支首预垫",
    "田": "坂福盐", "文": "中英语论作外公", "龙": "石",
    "万": "一二两三四五六七八九十几百千多0123456789", "钱": "块要的粉少多", "林": "吉桂造园森",
    "江": "黄浙九沿韩珠", "石": "白", "段": "手阶", "申": "重", "高": "提",
    "方": "地对官双平男女", "黄": "金", "华": "龙中", "白": "明", "谢": "谢", "许": "允",
    "季": "四上下这两每", "张": "一两三几那这呢嗰每要攞揸", "路": "细马公铁道半一",
    "程": "流章教工课行里全", "章": "公印盖财人名同红私", "苗": "茄疫菜树", "梅": "角",
    "叶": "茶", "汤": "煲", "何": "任如为几", "童": "儿", "钟": "分", "易": "交贸容简轻",
    "农": "三", "康": "健", "余": "剩", "游": "旅",
}  # fmt: skip
"""Family name → characters after which it is the end of a word (公积金)."""
NOT_NAMES = {
    "王": "牌府者八", "李": "子", "张": "罗口嘴望贴卡证表单", "陈": "旧述列", "杨": "梅树",
    "黄": "江金牛昏色疸埔岛冈历石山", "周": "一二三四五六日末岁转边期围年到口", "徐": "州闻汇",
    "孙": "子女媳", "马": "上来峦路桶虎鞍尼达桥", "胡": "乱说同", "何": "时处必种况地物方人",
    "高": "层铁中龄级考新血雄等额手兴烧温压原职技尔州要校管薪低楼速发危价度利", "林": "业场地",
    "罗": "湖斯列马", "郑": "州", "谢": "岗谢", "唐": "山氏突", "许": "可多久昌",
    "韩": "国语元江", "曾": "用经在祖孙", "肖": "像", "田": "地间园", "董": "事",
    "余": "额下款钱生姚杭江", "杜": "绝", "叶": "子酸片", "程": "序度", "苏": "州醒联丹格里",
    "丁": "字", "钟": "点头表", "陆": "续路地丰", "范": "围本畴", "金": "额融牌鱼钱卡属银华坛",
    "石": "龙排岩碣头油材膏门嘴镇", "夏": "天季令", "付": "款首钱清费不了出完全多给",
    "方": "便案式法向面才可形", "白": "班石血天内癜带菜领白色卡交跑干", "孟": "加津", "秦": "皇",
    "江": "西苏门南北城浙湖阴油", "段": "时落", "雷": "达雨州", "龙": "岗华门卡南", "史": "上",
    "陶": "瓷", "贺": "州卡", "顾": "客虑问不", "毛": "病坯衣里", "邵": "阳",
    "万": "达科江元块能一多州宁", "钱": "包款财数都不还没多少转到要", "严": "重格厉肃",
    "武": "汉装警器夷冈穴陟", "戴": "上眼着口牙帽头", "莫": "斯名非要桑", "孔": "雀",
    "汤": "圆阴", "温": "州度暖馨哥江", "康": "复养", "施": "工行", "文": "件化教学书盲凭体莱艺",
    "牛": "奶肉皮记", "安": "全置装排徽保居检哥庆阳顺", "易": "地拉燃制", "乔": "迁",
    "颜": "色料", "庄": "稼园", "章": "程印丢", "岳": "父母阳", "申": "请领报法办诉根",
    "欧": "洲盟元", "兰": "州花", "焦": "急虑", "左": "右边手脚腿眼侧", "柳": "州", "甘": "肃愿",
    "祝": "福贺", "宁": "波夏愿可德", "符": "合", "舒": "服适", "纪": "念律委", "梅": "州林毒县",
    "童": "年装", "凌": "晨", "毕": "业竟节", "季": "度节", "涂": "改", "苗": "族", "谷": "歌物",
    "盛": "世", "曲": "线折靖阜", "蓝": "色牙卡领本标", "路": "上边过口费由程面人障",
    "游": "客泳戏玩艺", "辛": "苦", "柴": "油", "蒙": "古族", "华": "侨为人南强语夏大",
    "饶": "平", "艾": "滋", "尤": "其", "阳": "台光性江朔西", "穆": "斯", "农": "村民业保合田家",
    "古": "镇董代玩", "吉": "林安他", "麦": "当克", "宗": "教族", "荆": "州门", "屠": "宰",
    "廉": "租价洁政江", "骆": "驼", "常": "平住年州德", "包": "工括含装", "房": "东子产租屋贷",
    "成": "年立员人都", "于": "是", "时": "候间", "任": "何职务", "关": "系节于",
    "单": "位亲身独子县", "项": "目", "车": "牌子辆位", "管": "理道", "司": "法机",
    "简": "单历阳", "连": "续州平云", "都": "是没有", "全": "家国部款", "应": "该届",
    "相": "亲片关机册", "那": "边个些张", "原": "来件因", "区": "别", "平": "时台安均远山湖顶",
    "师": "傅", "明": "天年确显", "尚": "未", "齐": "全", "向": "上", "奶": "奶", "家": "里人",
    "居": "住委民留", "国": "家内外籍企", "查": "询", "和": "我", "银": "行", "公": "司安积婆公",
    "官": "网", "展": "会", "计": "算生划", "同": "事学意", "来": "自", "权": "利益",
    "保": "安险", "邢": "台", "邓": "州", "彭": "州", "萧": "山县", "滕": "州", "邹": "城",
    "曹": "县", "阿": "根富尔联塞姨公婆爷妈爸叔伯嫂哥姐弟妹仔女", "伊": "朗拉斯",
    "印": "度尼第章花", "哈": "萨尔", "利": "比息率", "智": "利", "卢": "旺森", "沙": "特井头",
    "乌": "克干兹鲁", "巴": "基西林黎", "普": "通宁", "南": "非沙山城昌宁京方韩下头", "岑": "溪",
    "商": "丘业", "丰": "顺城", "揭": "阳西", "海": "南丰口关外", "惠": "州东阳民", "景": "德点",
    "宿": "舍州", "信": "用息阳丰宜", "储": "蓄", "强": "制迫", "劳": "动务资", "荣": "誉",
    "晋": "江升城", "云": "南浮", "封": "开面", "花": "都钱费", "郁": "南", "党": "员费",
    "巫": "山溪", "桂": "林", "麻": "烦", "池": "州", "初": "中次期", "门": "诊特口牌禁",
    "容": "易", "敬": "老", "索": "赔", "但": "是", "斯": "里", "衣": "服", "植": "物",
    "由": "于", "练": "车", "支": "付出票", "卫": "生", "费": "用", "盖": "章", "母": "子女亲",
    "百": "日", "沈": "阳", "张家": "港口界",
}  # fmt: skip
"""Family name → characters with which it begins a word (高龄)."""
NOT_CALLED = (
    "人|车|外卖|快递|救护|滴滴|警|保安|保姆|客服|物业|中介|朋友|同事|同学|老|家|孩|号|代|别|另"
)
"""Who is called or sent for, where 「我叫」 tells no name."""
GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平桂玲辉鹏飞红玉梅鑫波斌宇浩凯健俊帆雪荣婷欢欣"
    "怡佳琳琪琴瑶莹蕾薇倩颖洁慧丹萍燕云凤春华建文志海永德福林森东龙生光兴民庆祥瑞宏义仁信忠良"
    "峰山松柏江河清泉源洪涵博睿轩晨曦梓子豪雨思诗梦雅诺依若萱芸彤晴妍媛悦怀嘉家彦逸天翔宁安康"
    "乐恒昊然泽霖楠桐阳旭昌盛茂达振晓世立新学友朝鸿锦雄威武虎豹彪震雷霆钢铁金珍珠宝翠碧莲荷菊"
    "香芬芝蓉花艺美爱贤惠淑贞婉娴娥姣娇妹凡心言书琦璐璇玮珊珂瑾瑜琛钰锋锐铭钧铮炜炎焕焱煜烨灿"
    "炳熙照耀辰星亮晶景昱昕晟普智勤勉敬孝诚恩善根贵富财旺喜寿禄禧祖宗继绍承传伯仲叔季孟元亨利"
    "乾坤坚毅胜战兵卫旗跃援抗卓越群冠丁卿川州坡岩岚峻崇嵩巍巧帅帝彬廷弘彰影征徽忆念恺悠惜惟意"
    "慈扬拓捷政敦斯方昂昭晋暖朋朗权材枫柔柳栋树棋楚歆毓沁沛沐泓洲浚淇淳渊湘溪滢潇澄澜炫煊燊爽"
    "牧玥玫珏珩琬琰瑛璟瓒甜畅皓益真睦石硕磐祺禹秋科程稳章竹笑筠精纯绮维缨罗翎翰聪育胤航芊芮苏"
    "苑茜茵茹莉莎菁菡萌葆蒙蓓蓝蔓蕊蕴藜虹裕觅谦谨豫赋起辅道邦郁郡醒野钊铎锴镕闻阔陆陶隽韬韵顺"
    "颂颐风飒馨骁骏鲁麒麟黎默龄媚嫣婵婕姝妮妙如妤姗娅娆姬嫒娣妞俪俐伦佩侠仪仙伊任佑作侃傲儒兆"
    "克其典冰冬凌凝力勋劲勃升卉印厚双召史叶向君吟吉周咏品哲唯喆图坦培基堂墨声夏奇奎奕奥妃始委"
    "孔宜实宣宪容宾密寅尚尧展岭岳岸峥嵘巡左己年幸广延开弟彩必恬恭慕戈抒拔持挺掌放教敖斐旦时昆"
    "易映显晗晚晖晞曼曾朴术杉束极果柯栩标校格榕槐樱橙次步殿水汉汝沙沫沧法泰洛流济浦浪润淼温游"
    "湖湛溢满漪漫潮澈濮灵烈焰煌爵牛特狄玄率琅理瑗瑟田甫男画留皎盈目知砚礼祁祈秉积童竞端笛箐米"
    "粤素紫纪纲纶细绘络绣缘羽翼聆肃胡舒艾节苒苗茗草荃荔荻莺萝萧葵蒲蕙薏虞蝶裴褚见观觉誉训诏诠"
    "贝质贻赛赫路轶辕辛迅远连迪逊逢遥遵郑郎配重钗铃锡门闯阁阅附陈隆雁雍霄霏霜露青非韦音韶项顾"
    "飘首骄高鱼鲲鸣鸥鸽鹂鹃鹤鹭鹿黛鼎"
)
"""Characters of given names that are not mostly other words, as 能, 在, 提 are."""
GIVEN_FIRST, GIVEN_LAST = GIVEN + "国小大中正成一", GIVEN + "国成中正全来发"
"""What a given name of two characters begins and ends with."""
NOT_GIVEN = (
    "的是在了吗呢吧啊呀我你您他她它这那么们怎咋哪什谁几多和与跟就都也还"
    "把被让给从到得着过能可会要想没不有去"
)
"""Characters of a sentence, hardly ever of a given name."""
SURNAMES_EN = (
    "wang|li|zhang|liu|chen|yang|huang|zhao|wu|zhou|xu|sun|ma|zhu|hu|guo|he|gao|lin|luo|zheng"
    "|liang|xie|song|tang|han|feng|deng|cao|peng|zeng|xiao|tian|dong|yuan|pan|yu|jiang|cai|du|ye"
    "|cheng|su|wei|lu|ding|ren|shen|yao|cui|zhong|tan|fan|jin|shi|liao|jia|xia|fu|fang|bai|zou"
    "|meng|xiong|qin|qiu|yin|xue|yan|duan|lei|hou|long|tao|gu|mao|hao|gong|shao|wan|qian|dai|mo"
    "|kong|xiang|ou|mai|kuang|ouyang|situ|zhuang|lai|ruan|shu|qi|wen|kang|niu|ge|xing|yi|chan"
    "|wong|cheung|lau|leung|lam|ng|ho|kwok|tsang|tse|chow|yip|fung|mak|tsui|au|yeung|chiu|choi"
    "|hui|kwan|siu|yuen|lee|chang|chu|hung|kwong|poon|yau|yung|tam|lui|mok|szeto|pang|chong|cheuk"
    "|tong|fok|lo|law|shum|ip"
)
"""Chinese family names as written in Mandarin and in Hong Kong."""
FIRST_EN = (
    "james|john|robert|michael|william|david|richard|joseph|thomas|charles|christopher|daniel"
    "|matthew|anthony|steven|paul|andrew|joshua|kenneth|kevin|brian|george|edward|ronald|timothy"
    "|jason|jeffrey|ryan|jacob|gary|nicholas|eric|jonathan|stephen|larry|justin|scott|brandon"
    "|benjamin|samuel|gregory|alexander|patrick|jack|dennis|jerry|tyler|aaron|jose|adam|nathan"
    "|henry|douglas|zachary|peter|kyle|ethan|walter|noah|jeremy|christian|keith|roger|terry|harry"
    "|sean|austin|arthur|lawrence|jesse|dylan|bryan|joe|jordan|billy|bruce|albert|willie|gabriel"
    "|logan|alan|juan|wayne|roy|ralph|randy|eugene|vincent|russell|louis|philip|bobby|johnny"
    "|bradley|simon|martin|leo|oscar|felix|ivan|tony|tom|tommy|tim|mike|steve|dave|bob|jim|jimmy"
    "|ben|sam|alex|nick|andy|danny|eddie|freddie|victor|raymond|carlos|luis|miguel|pedro|diego"
    "|ahmed|mohammed|muhammad|mohamed|ali|omar|hassan|ibrahim|abdul|rahul|raj|amit|sanjay|ravi"
    "|mary|patricia|jennifer|linda|elizabeth|barbara|susan|jessica|sarah|karen|lisa|nancy|betty"
    "|sandra|margaret|ashley|kimberly|emily|donna|michelle|carol|amanda|melissa|deborah|stephanie"
    "|rebecca|laura|helen|sharon|cynthia|kathleen|amy|angela|shirley|anna|brenda|pamela|emma"
    "|nicole|samantha|katherine|christine|debra|rachel|carolyn|janet|maria|heather|diane|olivia"
    "|julie|joyce|virginia|victoria|kelly|lauren|christina|joan|evelyn|judith|andrea|hannah|megan"
    "|cheryl|jacqueline|martha|madison|teresa|gloria|sara|janice|ann|anne|kathryn|abigail|sophia"
    "|frances|jean|alice|judy|isabella|julia|denise|amber|danielle|marilyn|beverly|charlotte"
    "|natalie|theresa|diana|brittany|doris|kayla|alexis|lori|marie|fatima|aisha|priya|lucy|kate"
    "|jane|jenny|cindy|wendy|vivian|fiona|ivy|coco|sophie|chloe|zoe|elena|irina|olga|svetlana"
    "|natasha|yuki|hiroshi|kenji|sakura|minh|nguyen|thi|siti|dmitri|sergei|pierre|hans|lars"
    "|giulia"
)
"""First names of many countries."""
NOT_NAMES_EN = (
    "I|The|A|An|My|Our|His|Her|Their|This|That|It|Is|Are|Was|Can|Could|Do|Does|Did|How|What|When"
    "|Where|Which|Who|Why|Will|Would|Should|Must|Has|Have|Had|And|Or|But|If|For|From|With|Without"
    "|In|On|At|To|By|Of|Not|No|Yes|Please|Hello|Hi|Monday|Tuesday|Wednesday|Thursday|Friday"
    "|Saturday|Sunday|January|February|March|April|May|June|July|August|September|October"
    "|November|December|Christmas|Easter|Spring|New|Year|National|Mid|Golden|China|Chinese|Hong"
    "|Kong|Hongkong|Hongkonger|Konger|Macau|Macao|Taiwan|Taiwanese|Mainland|Mandarin|Cantonese"
    "|Shenzhen|Dongguan|Guangdong|Guangzhou|Guangxi|Hunan|Hubei|Henan|Hebei|Jiangxi|Jiangsu"
    "|Sichuan|Fujian|Hainan|Beijing|Shanghai|Peking|Futian|Luohu|Nanshan|Yantian|Longgang|Longhua"
    "|Pingshan|Guangming|Dapeng|Qianhai|Shekou|Nancheng|Dongcheng|Wanjiang|Guancheng|Humen"
    "|Changan|Houjie|Tangxia|Fenggang|Qingxi|Dalang|Liaobu|Changping|Zhangmutou|Songshan|Lake"
    "|Shilong|Chashan|Bao|Lo|Lok|Kai|Tai|Sha|Luo|Fu|Nan|Hua|Bantian|Buji|Xixiang|British|American"
    "|Canadian|Australian|French|German|Italian|Spanish|Russian|Ukrainian|Indian|Pakistani"
    "|Filipino|Filipina|Brazilian|Japanese|Korean|Thai|Vietnamese|Malaysian|Singaporean"
    "|Indonesian|Nigerian|African|South|North|East|West|Dutch|Irish|Polish|Turkish|Mexican"
    "|European|English|Arab|Egyptian|Zealand|Swedish|Swiss|Portuguese|Passport|Permit|Hukou"
    "|Shebao|Residence|Social|Security|Card|Marriage|Certificate|Bank|Alipay|Wechat|School"
    "|University|Hospital|Company|District|Office|Bureau|Police|Port|Road|Avenue|Street|Ltd"
    "|Limited|Park|Bay|Day|Lychee|Home|Return|United|Individual|Harbour|Harbor|Chau|Island"
    "|Airport|Station|Hall|Center|Centre|Mall|Plaza|Uni|Univ"
)
"""Words with a capital that are no names."""
ENGLISH = (
    "a|an|am|at|be|by|can|do|for|go|has|he|hi|in|is|it|me|my|no|not|of|on|or|she|so|to|too|up|us"
    "|was|we|who|why|you|and|are|but|did|does|get|got|had|have|her|him|his|how|if|its|just|let"
    "|may|need|needs|now|one|our|out|say|says|see|the|their|them|then|there|they|this|that|these"
    "|those|want|wants|what|when|where|which|while|will|with|would|without|from|after|before"
    "|about|already|also|any|back|because|been|could|here|into|like|lost|long|made|make|more|must"
    "|never|next|old|only|over|own|paid|pay|said|same|should|since|some|still|such|take|than"
    "|until|very|wait|went|were|yet|your|yuan|shi|he's|she's|called|named|name|home|men|pan|fan"
    "|song|sun|tan|gang|hang|pin|tin|pen|den|ten|bin|ran|gain|main|pain|rain|lie|die|tie|due|sue"
    "|mine|nine|line|fine|wine|time|sang|rang|bang|wing|king|ring|sing|ping|pang|soon|ya"
)
"""Words that could be read as syllables of Chinese."""
NOT_A_NAME_EN = (
    r"(?:(?:taken|available|wrong|wrongly|different|missing|free|still|shouting|spel\w+|misspel\w+"
    r"|changed|registered|rejected|recorded|listed|printed|removed|used|linked|written|too|longer|in|on"
    r"|as|back|tomorrow|today|again|later|anytime|please|complete\w*|mixed|russian|chinese|english"
    r"|under|off|dead|sick|here|there|already|out|down)\b)"
)
"""What follows "my name is" or "call me" and is no name."""
