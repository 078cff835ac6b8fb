"""titles.py - made-up titles by the hundred thousand, Chinese, English and mixed, as people write
them, the queries that somebody types, and what a search must find: the truth is plain substring
search in normalised text, written down here without any of the suite's code.

The invariant: the same number gives the same titles.
"""

import random
import re
import unicodedata

WORDS = """视频 美食 教程 日常 生活 搞笑 旅行 音乐 舞蹈 游戏 电影 动漫 挑战 测评 开箱 穿搭 化妆 健身 减肥 宠物 猫咪 狗狗
萌宠 宝宝 育儿 家庭 校园 学习 考研 英语 数学 编程 科技 手机 电脑 汽车 新能源 摄影 剪辑 绘画 手工 书法 历史 地理 科普 新闻
热点 明星 演唱会 翻唱 吉他 钢琴 古风 国潮 汉服 街舞 广场舞 篮球 足球 羽毛球 跑步 骑行 露营 钓鱼 种菜 农村 城市 夜市 小吃
火锅 烧烤 奶茶 咖啡 烘焙 蛋糕 面包 早餐 晚餐 减脂餐 家常菜 下饭菜 零食 水果 海鲜 川菜 粤菜 面条 饺子 包子 米饭 土豆 番茄
牛肉 鸡翅 排骨 豆腐 辣椒 酸菜鱼 麻辣烫 螺蛳粉 热干面 短视频 直播间 带货 好物 推荐 分享 攻略 打卡 探店 民宿 酒店 机票 高铁
自驾 西藏 新疆 云南 成都 重庆 北京 上海 广州 深圳 杭州 西安 武汉 长沙 南京 苏州 青岛 厦门 三亚 哈尔滨 春天 夏天 秋天 冬天
下雪 下雨 日出 日落 星空 大海 草原 沙漠 森林 瀑布 古镇 长城 故宫 博物馆 动物园 游乐园 过山车 恐怖 悬疑 爱情 喜剧 纪录片
预告 解说 盘点 合集 高能 名场面 反转 结局 剧情 演技 导演 主角 配音 方言 东北话 粤语 四川话 段子 脱口秀 相声 小品 魔术 杂技
变装 卡点 特效 滤镜 转场 运镜 慢动作 延时 航拍 无人机 相机 镜头 灯光 麦克风 耳机 键盘 鼠标 显卡 处理器 内存 硬盘 平板 手表
充电 电池 快递 外卖 打工人 上班 下班 加班 老板 同事 面试 工资 存钱 理财 股票 基金 房子 装修 收纳 清洁 洗衣机 冰箱 空调 沙发
床垫 窗帘 绿植 多肉 花园 阳台 邻居 妈妈 爸爸 奶奶 爷爷 哥哥 姐姐 弟弟 妹妹 闺蜜 兄弟 老师 同学 医生 护士 警察 消防员 司机
厨师 农民 学生 老人 孩子 女生 男生 男朋友 女朋友 结婚 恋爱 分手 表白 单身 情人节 生日 礼物 惊喜 感动 泪目 治愈 温暖 快乐 难过
真的 太好吃了 绝了 学会了 第一次 最后 终于 原来 居然 竟然 为什么 怎么做 一分钟 三分钟 十分钟 一天 一周 一个月 零基础 新手 入门
进阶 技巧 方法 秘诀 干货 必看 收藏 建议 避坑 真相 揭秘 实测 对比 排名 性价比 平价 高级感 氛围感 松弛感 仪式感 幸福感""".split()
ENGLISH = """vlog the my how to best of a day in life with food travel music dance game play review unboxing
tutorial beginner guide tips tricks street city night morning coffee cooking recipe easy quick cute funny
cat dog baby family school study english math python code linux iphone android laptop camera lens drone
sunset beach mountain road trip train hotel summer winter spring rain snow happy sad love story movie
trailer reaction cover guitar piano live concert football basketball nba running gym workout yoga skincare
makeup outfit fashion shopping haul room tour diy craft painting drawing history science space news top ten
why what when new first last real fake vs challenge compilation highlights pro max plus mini ultra 4k asmr
bgm ootd minecraft genshin valorant tesla byd huawei xiaomi sony canon gopro marvel disney anime""".split()
TRADITIONAL = "視頻 教學 美國 臺灣 香港電影 發現 頭髮 學習 國語 華語 懷舊 經典 愛情 這個 時間 開箱 測評 遊戲".split()
LINKS = ["的", "了", "和", "在", "是", "，", "！", "？", "｜", " ", " ", "", "", "", "", "", "", "", "…", "~", "、", "—"]
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰飞红宇浩轩梓涵欣怡子豪雨晨思远嘉俊文博天佑若曦诗琪梦瑶"


def titles(n, seed=1):
    """n titles; the commonest word stands in about a tenth of them."""
    rng = random.Random(seed)
    pick = rng.random

    def zipf(words):
        return words[int(len(words) ** pick()) - 1]

    out = []
    for _ in range(n):
        kind = pick()
        if kind < 0.2:
            words = [zipf(ENGLISH) for _ in range(3 + int(5 * pick()))]
            text = " ".join(w.capitalize() if pick() < 0.3 else w for w in words)
        else:
            text = ""
            for _ in range(2 + int(5 * pick())):
                what = pick()
                if what < 0.10:
                    text += rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=1 + (pick() < 0.7)))
                elif what < 0.12:
                    text += rng.choice(TRADITIONAL)
                elif what < 0.16:
                    text += str(int(10 ** (1 + 3 * pick())))
                elif what < (0.36 if kind < 0.4 else 0.2):
                    text += rng.choice(("", " ")) + zipf(ENGLISH) + rng.choice(("", " "))
                else:
                    text += zipf(WORDS) + rng.choice(LINKS)
            if pick() < 0.3:
                text += " #" + zipf(WORDS)
        out.append(text.strip()[:100] or "视频")
    return out


def normal(text, simple):
    text = unicodedata.normalize("NFKC", text).casefold().translate(simple)
    return re.sub(r"[\W_]+", " ", text)


def simplified(han_c):
    """The table of traditional characters, out of the source."""
    pairs = "".join(re.findall(r'u"([^"]+)"', open(han_c, encoding="utf-8").read()))
    return {ord(a): b for a, b in zip(pairs[::2], pairs[1::2])}


def queries(texts, n, seed=2):
    """n different queries of 1 to 6 characters out of normalised texts: Chinese from anywhere, other
    scripts from the beginning of a word, and no punctuation."""
    rng = random.Random(seed)
    found = {}
    while len(found) < n:
        text, length = rng.choice(texts), rng.randint(1, 6)
        at = rng.randrange(len(text))
        query = text[at:at + length]
        word = re.compile(r"[0-9a-z]")
        if len(query) < length or not re.fullmatch(r"[0-9a-z\u4e00-\u9fff]+( [0-9a-z\u4e00-\u9fff]+)*", query):
            continue
        if word.match(query[0]) and at > 0 and word.match(text[at - 1]):
            continue
        found[query] = None
    return list(found)


def truth(texts, query):
    """The numbers of the texts that have it."""
    return {i for i, text in enumerate(texts) if query in text}


class Score:
    """Recall and precision among the first hits, as means over the queries."""

    def __init__(self, first=20):
        self.first, self.recall, self.precision, self.totals = first, [], [], 0

    def add(self, hits, true, total=None, exact=True):
        hits = hits[:self.first]
        good = sum(h in true for h in hits)
        if true:
            self.recall.append(good / min(self.first, len(true)))
        self.precision.append(good / len(hits) if hits else 1.0)
        if total is not None:
            self.totals += total == min(len(true), 1000) and exact == (len(true) <= 1000)

    def means(self):
        return sum(self.recall) / len(self.recall), sum(self.precision) / len(self.precision)
