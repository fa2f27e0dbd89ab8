"""A catalogue of three items, as a city writes it."""

CATALOGUE = """
[facts.age]
en = "Age"
zh = "年龄"
kind = "number"
[facts.residence_years]
en = "Years of residence"
zh = "居住年限"
kind = "number"
[facts.disability_card]
en = "Disability card"
zh = "残疾人证"
kind = "truth"
[facts.district]
en = "District"
zh = "所在区"
kind = "choice"
choices = ["north", "south"]

[cities.320500]
en = "Suzhou"
zh = "苏州"
[cities.330100]
en = "Hangzhou"
zh = "杭州"

[items.free_bus]
en = "Free bus rides"
zh = "免费乘车"
source = "the city's own order"
certainty = "check"
conditions = ["age >= 65 or disability_card = yes"]
channels = ["window", "app"]
recognised_by = ["330100", "320500"]

[items.meals]
en = "Meals for the elderly"
zh = "老年助餐"
source = "the city's own order"
certainty = "check"
conditions = ["age >= 60", "residence_years >= 1", "district = north"]
channels = ["phone"]

[items.library]
en = "Library card"
zh = "图书借阅证"
source = "the city's own order"
certainty = "check"
conditions = []
channels = ["window"]
recognised_by = ["320500"]
"""
