"""How names of persons and doors show in Chinese and English texts, as patterns.

A name is only told by what stands around it: a surname before a title, a word that somebody is
called by. A name that stands bare is not found.
"""

from typing import Final

__all__ = ["DOORS", "NAMES"]

_HAN: Final = r"一-鿿"
_COMPOUND: Final = "欧阳|诸葛|司马|上官|司徒|东方|独孤|南宫|夏侯|皇甫|尉迟|公孙|慕容|长孙|令狐|端木"
_SINGLE: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许邓冯韩曹曾彭萧肖蔡潘田董袁于余叶蒋杜苏魏程吕丁沈"
    "任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严赖覃洪武莫孔"
    "汤向常温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单"
    "季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚"
    "岑景党宫费卜冷晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝付闫代"
)
_SURNAME: Final = f"(?:{_COMPOUND}|[{_SINGLE}])"
_NOT_GIVEN: Final = "的了在是有和与个这那位名些被把边围很都也不着过"
_TITLE: Final = (
    "先生|女士|小姐|太太|大爷|大妈|大叔|大伯|大娘|大姐|大哥|阿姨|叔叔|伯伯|奶奶|爷爷|婆婆|师傅|老师|同学|医生|"
    "护士|主任|书记|经理|所长|局长|科长|队长|校长|院长|律师|警官|老板|老太|老伯|某|"
    "主管|园长|店长|组长|处长|村长|教练|大夫|护工"
)
_ONE: Final = f"(?![{_NOT_GIVEN}]|{_TITLE})[{_HAN}]"
_NO_NAMES: Final = (
    "张贴|张罗|高度|高峰|高层|高空|高价|周末|周边|周围|周一|周二|周三|周四|周五|周六|周日|周期|安全|安装|安静|方便|方面|"
    "常年|常常|白天|许多|万分|万一|严重|严格|金额|温馨|任意|任何|何时|何地|何人|路边|路过|路口|车辆|车位|明确|明显|"
    "时常|时间|成立|全部|全体|全家|应该|应当|连续|连夜|查询|解决|解释|关注|关心|关于|单独|单元|师生|石板|江边|余下|"
    "林地|田地|文明|古树|简单|荣获|商量|商户|管理|管道|向来|于是|马上|马路|华侨|包括|游客|费用|尚未|左右|左侧|平时|"
    "都是|季节|边上|房屋|房间|农田|卫生|古城|项目|左转|甘愿|齐心|路面|路灯|武装|施工|申请|申报|申诉|易燃|龙头|洪水"
)
_NO_SURNAME: Final = (
    "(?<!公(?=[司安]))(?<![安](?=全))(?<![城宿交网主](?=管))(?<![社健](?=康))(?<![环门](?=卫))(?<!保(?=安))"
    "(?<![语中作](?=文))(?<!历(?=史))(?<!客(?=房))(?<!工(?=程))(?<!美(?=容))(?<!学(?=习))"
)
"""Characters that are the end of a word there, as in 公安局长."""
_CALLED: Final = (
    "业主|户主|住户|居民|市民|村民|投诉人|举报人|来电人|反映人|诉求人|申请人|当事人|房东|租客|租户|司机|车主|老板|"
    "经营者|负责人|法人|家长|患者|病人|老人|学生|孩子|邻居|本人|联系人|群众|店主|职工|员工|机主|"
    "失主|我爸|我妈|爸爸|妈妈|父亲|母亲|丈夫|妻子|老公|爱人|儿子|女儿|"
    "骑手|快递员|外卖员|保安|保洁员|工人|室友|同事|姐姐|哥哥|弟弟|妹妹|外婆|奶奶|爷爷"
)
_AFTER: Final = (
    r"(?=$|[\s，。、；：:;,.!?！？（()）〔\[\"”’]|反映|反应|来电|来访|来信|致电|称|说|讲|投诉|举报|表示|咨询|求助|要求|希望|"
    rf"{_TITLE}|建议|提出|报|电话|手机|住|身份证|因|向|于|在|家|等|到|的|是|独居|男|女|今年|想|问)"
)
_FIRST: Final = r"(?:[A-ZÀ-Þ]['’])?[A-ZÀ-Þ][a-zà-ÿ]+(?:[A-Z][a-z]+)?(?:-[A-ZÀ-Þ][a-zà-ÿ]+)*"
_PARTICLE: Final = r"(?:de la|de los|del|de|van der|van|von|der|bin|al|la|le|da|dos)"
_FURTHER: Final = rf"(?:\s+(?:[A-Z]\.|(?:{_PARTICLE}\s+)?{_FIRST}))"
_PUBLIC: Final = (
    "Street|Road|Avenue|Lane|Square|Park|Plaza|Hospital|School|Clinic|Centre|Center|Bridge|Station|Department|"
    "Council|Office|Police|Services?|Team|City|Court|Parking|Permit|Library|Garden|Gardens|House|Hall|Library|Desk"
)
_NO_PUBLIC: Final = rf"(?!(?:\S+\s+){{0,3}}(?:{_PUBLIC})\b)"
_SIGNED: Final = r"(?:[Rr]egards|[Ss]incerely|[Ff]aithfully|[Ss]igned|[Tt]hank you|[Tt]hanks)"
_SOMEBODY: Final = (
    r"(?:[Tt]enant|[Ll]andlord|[Ll]andlady|[Nn]eighbou?r|[Rr]esident|[Oo]wner|[Cc]aller|"
    r"[Rr]eported by|[Cc]ontact|[Aa]sk for|[Ss]peak to|[Dd]river|[Cc]omplainant|[Hh]older|"
    r"[Aa]pplicant)"
)

_NEAREST: Final = (
    r"\b(?i:my|our|her|his|their|the)\s+(?i:husband|wife|son|daughter|mother|father|mum|dad|brother|"
    r"sister|friend|colleague|partner|caretaker|plumber|manager|landlord|neighbou?r)"
)
_A_NUMBER: Final = r"[，,:：;；\s（(]*\[(?:phone|email|identity_number|wechat)\]"

NAMES: Final = (
    # The more that stands before a name, the surer; full names come before surnames.
    rf"(?:姓名|名字|联系人)(?:是|为|叫)?[:：]?\s*(?P<of>{_SURNAME}[{_HAN}·]{{1,3}}?){_AFTER}",
    rf"(?:姓名|名字)[:：]\s*(?P<of>[{_HAN}·]{{2,4}})",
    rf"(?:我叫|名叫|名字叫|叫做|我是|本人)\s*(?P<of>(?!{_NO_NAMES}){_SURNAME}(?:{_ONE}){{1,2}}?){_AFTER}",
    rf"(?:我姓|免贵姓|本人姓)(?P<of>{_SURNAME})",
    rf"(?:我叫|名叫|名字叫)\s*(?P<of>(?!{_NO_NAMES}){_SURNAME}(?:{_ONE}){{1,2}})",
    rf"(?:{_CALLED})[:：]?\s*(?P<of>(?!{_NO_NAMES}){_SURNAME}(?:{_ONE}){{1,2}}?){_AFTER}",
    rf"(?<![位在由处基限鉴对关])(?P<of>(?!{_NO_NAMES}){_SURNAME}某{{1,2}})(?![处地天年月日个种些人])",
    rf"(?:^|(?<=[^{_HAN}])|(?<=一))(?P<of>(?!{_NO_NAMES}){_SURNAME}(?:{_ONE}){{1,2}})(?=先生|女士|小姐)",
    rf"(?<![位在由处基鉴]){_NO_SURNAME}(?P<of>(?!{_NO_NAMES}){_SURNAME})(?={_TITLE})(?!主任[意何务])",
    (
        r"(?<![最较大古])(?P<of>[老小][王李张刘陈赵吴孙郑谢宋邓冯曹彭蔡潘袁蒋魏])"
        r"(?=[家说讲的是在和、，。！（\s]|反映|来电|住)"
    ),
    (
        rf"\b(?:Mr|Mrs|Ms|Mx|Miss|Dr|Prof|Professor|Sir|Madam|Doctor)\b\.?\s+(?<!Hospital Doctor )"
        rf"{_NO_PUBLIC}(?P<of>{_FIRST}{_FURTHER}{{0,3}})"
    ),
    rf"\b(?i:my name is|my name's|i am called|name\s*[:：])\s*(?P<of>{_FIRST}{_FURTHER}{{0,3}})",
    (
        rf"\b(?:I am|I'm|[Tt]his is|It's|it's)\s+{_NO_PUBLIC}(?P<of>{_FIRST}{_FURTHER}{{1,3}})"
        r"(?=\s*(?:[,.;]|$|from\b|living\b|and\b|calling\b|speaking\b|here\b|at\b))"
    ),
    rf"\b(?:[Hh]ello|[Hh]i),?\s+(?P<of>{_FIRST}{_FURTHER}{{1,2}})(?=\s+here\b)",
    rf"\b{_SIGNED}\s*[,:]?\s*(?P<of>{_FIRST}{_FURTHER}{{1,3}})",
    rf"{_NEAREST},?\s+(?!(?:Mr|Mrs|Ms|Mx|Miss|Dr)\b){_NO_PUBLIC}(?P<of>{_FIRST}{_FURTHER}{{0,3}})",
    rf"(?:^|(?<=[.;:,(]\s)|(?<=\())(?P<of>{_FIRST}{_FURTHER}{{1,2}})(?={_A_NUMBER})",
    rf"(?:^|(?<=[^{_HAN}]))(?P<of>(?!{_NO_NAMES}){_SURNAME}(?:{_ONE}){{1,2}})(?={_A_NUMBER}|，[男女]，)",
    rf"\b{_SOMEBODY}\s*[,:]?\s+{_NO_PUBLIC}(?P<of>{_FIRST}{_FURTHER}{{1,3}})",
)

_FEW: Final = r"(?:\d{1,3}|[A-Za-z]\d{0,2}|[一二三四五六七八九十]{1,3}|[甲乙丙丁东西南北])"
_BUILDING: Final = (
    rf"(?:(?<![0-9A-Za-z一二三四五六七八九十]){_FEW}\s*(?:号楼|[栋幢座]|#楼?)|(?<=弄)\d{{1,4}}号)"
)
_ROOM: Final = (
    r"(?:(?<=[层楼])[A-Z](?![A-Za-z])|[A-Za-z]?\d{3,4}[A-Za-z]?|[一二三四五六七八九十〇零]{3,4})"
)
_STAIR: Final = rf"{_FEW}\s*(?:单元|梯)"
_NO_COUNT: Final = r"(?![\d米元人户年个次辆路部平月日点号弄%％.])"

DOORS: Final = (
    rf"(?P<of>{_BUILDING}\s*-?{_STAIR}\s*-?(?:{_FEW}[层楼]\s*)?(?:{_ROOM}{_NO_COUNT}(?:室|房|号)?)?)",
    rf"(?P<of>{_BUILDING}\s*(?:{_FEW}[层楼])?\s*{_ROOM}(?:室|房(?!间)|号房))",
    rf"(?P<of>(?<![0-9A-Za-z一二三四五六七八九十]){_FEW}[层楼]\s*(?:{_ROOM}|\d\d)(?:室|房(?!间)|号房))",
    rf"(?P<of>{_BUILDING}\s*(?:{_FEW}[层楼])?\s*{_ROOM}){_NO_COUNT}(?!教室|会议室|办公室)",
    rf"(?P<of>(?<![0-9A-Za-z一二三四五六七八九十第]){_FEW}\s*单元\s*(?:{_ROOM}{_NO_COUNT}(?:室|房|号)?)?)",
    r"(?P<of>(?<![\d-])\d{1,3}-\d{1,2}-\d{3,4}(?:室|房))",
    r"(?P<of>(?<![\d-])\d{1,3}-\d{1,2}-(?!(?:19|20)\d\d)\d{3,4})(?![\d-])",
    r"(?P<of>(?<![\dA-Za-z])[A-Za-z]?\d{3,4}[A-Za-z]?(?:室|号房|房(?![间屋价源产子])))",
    r"(?<=[村庄屯寨])(?P<of>(?:\d{1,3}[组队])?\d{1,4}号)(?![楼院线桥泵井杆站]|门(?![前口外]))",
    (
        r"\b(?P<of>(?i:apt|apartment|flat|suite|unit|room)\.?\s*(?:no\.?\s*)?#?"
        r"(?:\d{1,4}[A-Za-z]?|[A-Z]\d{0,3}))\b(?!['’]|\s*(?:euros?|dollars?|pounds?|percent|%|tyres?|fee))"
    ),
    r"\b(?P<of>(?i:floor)\s+\d{1,2},?\s+(?i:door)\s+[A-Za-z0-9]{1,3})\b",
)
"""What stands below the building; a building that is told with it goes too."""
