"""Reports made up by hand, four classes in two languages, no two in the same words.

They show that the machinery works. They were made up by whoever made it, so what is measured on
them is no accuracy and stands in no documentation.
"""

GARBAGE, STALL, VEHICLE, ROAD = "0102", "0501", "0107", "0110"

ZH = {
    GARBAGE: """小区门口垃圾堆了好几天没人清
楼下生活垃圾散落一地，臭气熏天
菜场后面的垃圾桶满出来了
有人把剩菜倒在绿化带旁边
巷子里到处是塑料袋和果皮
垃圾清运车三天没来了
公厕旁边一大堆废纸箱没有收
河边被人扔了很多外卖盒
学校围墙外面成了垃圾场
路口的果皮箱倒了，脏东西满地
地铁口全是烟头和饮料瓶
拆迁工地旁边的生活垃圾没人管""",
    STALL: """一群小贩在人行道上摆摊卖水果
烧烤摊占了半条马路，油烟很大
流动摊贩在校门口卖零食，堵路
水果店把货架摆到店外面
早餐车停在公交站台上做生意
夜市摊位挡住了盲道
卖菜的三轮车占道经营
商家把桌椅搬到街上招揽客人
路边有人摆地摊卖衣服，走不了路
饭店跨出门槛在外面经营
天桥上全是卖手机壳的摊子
卖花的占着非机动车道叫卖""",
    VEHICLE: """一辆破面包车停了半年，轮胎都没气了
路边有报废的小轿车，没有牌照
僵尸车长期占着停车位
废弃的摩托车扔在楼道口
有辆车玻璃碎了，落满灰尘，没人要
三轮车丢在那里生锈了
被烧毁的汽车残骸还在路边
停车场里一辆没人认领的货车
共享单车坏了一大堆堆在桥下
老旧电动车弃置在消防通道
一台没有轮子的轿车放了很久
车主失联，旧客车停着不动""",
    ROAD: """马路上有个大坑，车子颠得厉害
沥青路面开裂了，越来越宽
人行道地砖松动，下雨天踩上去溅水
路面塌陷，骑车差点摔倒
水泥路坑坑洼洼没人修补
井盖周围的路基下沉
台阶断裂，老人走路绊倒
施工后没有把路恢复平整
减速带破碎，露出钉子
村口的路被大货车压坏了
盲道砖缺了好几块
桥面铺装层剥落，露出钢筋""",
}
EN = {
    GARBAGE: """Trash bags have been piling up by the gate for days
Household rubbish is scattered all over the alley and it stinks
The bins behind the market are overflowing
Somebody dumped kitchen waste beside the hedge
Plastic wrappers and peel everywhere in the lane
The refuse truck has not come since Monday
A heap of cardboard lies uncollected near the toilets
Takeaway boxes thrown along the river bank
Outside the school wall it looks like a dump
The litter basket fell over and filth is on the ground
Cigarette butts and bottles cover the subway entrance
Nobody clears the garbage next to the demolition site""",
    STALL: """A group of hawkers sells fruit on the sidewalk
The barbecue stand takes up half of the road with its smoke
Street vendors crowd the school entrance selling snacks
The grocer puts shelves outside his shop
A breakfast cart does business on the bus platform
Night market booths block the tactile paving
A tricycle loaded with vegetables trades in the lane
The restaurant moved tables and chairs onto the street
People peddle clothes on blankets, we cannot walk by
This diner operates beyond its doorstep
The footbridge is full of stands with phone cases
Flower sellers shout from the cycle path""",
    VEHICLE: """A wrecked van has been parked for half a year with flat tyres
There is a scrapped car at the kerb without plates
A zombie car occupies the parking bay for ages
An old motorcycle was abandoned at the stairwell
Its windows are smashed, it is dusty and nobody wants that car
A rusty three-wheeler was left there
The burnt remains of an automobile are still at the roadside
An unclaimed lorry stands in the car park
Broken shared bicycles are heaped below the bridge
Discarded electric scooters lie in the fire lane
A sedan without wheels has sat here very long
The owner vanished and the old coach never moves""",
    ROAD: """There is a big pothole and cars jolt through it
The asphalt has a crack that is getting wider
Paving slabs are loose and splash water when it rains
The surface sank and I nearly fell off my bicycle
The concrete lane is bumpy and nobody repairs it
The ground around the manhole cover has subsided
A broken step makes people stumble
After the works the pavement was never made level again
The speed bump is shattered and nails stick out
Heavy trucks ruined the road to our village
Several tactile tiles are missing from the footway
The deck of the bridge peels and the steel shows""",
}


def sentences():
    """Pairs of a sentence and its class, in both languages."""
    return [
        (sentence, code)
        for language in (ZH, EN)
        for code, told in language.items()
        for sentence in told.splitlines()
    ]
