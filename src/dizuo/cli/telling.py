"""Tell what a command of operations answers: names and values, in the language of the run."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from dizuo.cli.session import Session
from dizuo.model.text import Text

__all__ = ["plain", "tell", "tell_rows", "tell_table"]

_WIDTH: Final = 14
_LABELS: Final[Mapping[str, str]] = {
    "account": "账号", "roles": "角色", "unit": "单位", "grids": "网格", "enabled": "启用",
    "key": "密钥", "case": "案件", "token": "查询码", "case_type": "类型", "state": "状态",
    "category": "分类", "nature": "性质", "place": "地点", "grid": "网格", "opened": "登记时间",
    "due": "时限", "closed": "结案时间", "database": "数据库", "schema_version": "数据库版本",
    "database_bytes": "数据库字节", "free_bytes": "可用字节", "events": "事件", "batches": "批次",
    "unsealed": "未封存", "oldest_unsealed": "最早未封存(秒)", "last_sealed": "最近封存",
    "cases": "案件数", "open_cases": "未结案件", "overdue_cases": "超期案件",
    "waiting_deliveries": "待投递", "dead_deliveries": "投递失败", "problems": "问题",
    "sealed": "已封存", "keys": "密钥数", "confidences": "保密内容", "observations": "观测批次",
    "table": "规则表", "report": "校验结果", "folder": "文件夹", "file": "文件", "cells": "网格数",
    "retired": "作废网格", "median_area": "面积中位数", "rows": "行数", "known": "已有",
    "incident": "突发事件", "incident_type": "类型", "grade": "级别", "plan": "预案",
    "declared": "宣布时间", "identifier": "预警编号", "resource": "资源", "kind": "类别",
    "capacity": "总量", "assigned": "已调派", "changed": "变更时间", "measure": "计量",
    "alarm": "报警", "asset": "对象", "rule": "规则", "severity": "严重度", "stream": "数据流",
    "device": "设备", "online": "在线", "last_seen": "最近数据", "calibrated": "已校准",
    "raised": "触发时间", "acknowledged": "确认时间", "ended": "解除时间", "verdict": "研判结论",
    "devices": "设备数", "streams": "数据流数", "received": "接收", "fresh": "新增", "late": "迟到",
    "taken_in": "已接收", "waiting": "待处理", "start": "启动方式", "subscription": "订阅",
    "url": "地址", "delivery": "投递", "attempts": "尝试次数", "next": "下次投递",
    "rejected": "未通过", "rejects": "未通过文件", "done": "已完成", "erased": "已抹除",
    "booking": "预约", "number": "预约号", "slot": "时段", "service": "服务",
    "district": "所在区", "begins": "开始", "ends": "结束", "free": "有空余", "offered": "新发布",
    "withdrawn": "已撤回", "unchanged": "未变",
    "led_by": "并入", "leads": "已并诉求", "active": "启用", "kinds": "事件种类",
    "case_types": "案件类型", "units": "单位", "private": "可在内网", "created": "创建时间",
    "into": "并入", "confidence": "把握", "metres": "相距(米)", "days": "相隔(天)",
    "alike": "相似度",
    "reason": "依据", "count": "件数", "expected": "预期", "hot": "热点", "recurring": "反复出现",
    "cell": "网格", "false_discovery_rate": "误报率", "code": "分类", "by": "来源",
    "ballots": "选票数", "budget": "预算", "cost": "费用", "project": "项目", "title": "名称",
    "approvals": "得票", "chosen": "入选", "projects": "项目", "by_shares": "其中按份额",
    "equal_shares": "等份额法", "most_approvals": "得票多者优先",
    "chance": "公开文本", "group": "组别", "seats": "席位", "lots": "中签号", "reserves": "候补号",
}  # fmt: skip
"""What stands before a value in Chinese; in English its name does."""


def tell(session: Session, answer: Mapping[str, Any]) -> None:
    """Tell one answer, of which what is unknown or empty is left out."""
    if session.json:
        session.answer(plain(answer))
        return
    from rich.cells import cell_len  # noqa: PLC0415 - only where a person reads

    for name, value in answer.items():
        if value in (None, "", [], ()):
            continue
        label = _label(session, name)
        gap = " " * max(1, _WIDTH + 1 - cell_len(label))
        session.out.print(f"  {label}{gap}{_shown(session, value)}", markup=False)


def tell_rows(session: Session, answer: Any) -> None:
    """Tell one answer, or several below each other."""
    if not isinstance(answer, list):
        tell(session, answer)
    elif session.json:
        session.answer([plain(row) for row in answer])
    elif answer:
        for row in answer:
            tell(session, row)
            session.out.print()
    else:
        session.say(Text("There is none.", "没有相关记录。"))


def tell_table(
    session: Session, rows: Iterable[Mapping[str, Any]], columns: Sequence[str] = ()
) -> None:
    """Tell many short answers as a table.

    Parameters
    ----------
    columns
        What a person is shown, in this order; all that the first row has by default. A program
        that asked for JSON always gets everything.
    """
    found = list(rows)
    if session.json:
        session.answer([plain(row) for row in found])
        return
    from rich.table import Table  # noqa: PLC0415 - only where a table is drawn

    names = list(columns) or list(found[0] if found else ())
    table = Table(box=None, header_style="bold")
    for name in names:
        table.add_column(_label(session, name).replace("_", " ").capitalize())
    for row in found:
        table.add_row(*(_shown(session, row.get(name)) for name in names))
    session.out.print(table)


def plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as JSON knows it: times as ISO 8601, spans in seconds."""
    return {name: _plain_value(value) for name, value in answer.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return value.total_seconds() if isinstance(value, timedelta) else value


def _label(session: Session, name: str) -> str:
    return session.text(Text(name, _LABELS.get(name, name)))


def _shown(session: Session, value: Any) -> str:
    """Write a value as people read it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return session.text(Text("yes", "是") if value else Text("no", "否"))
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        parts = (f"{_label(session, name)} {_shown(session, one)}" for name, one in value.items())
        return session.text(Text("; ", "；")).join(parts)
    if isinstance(value, (list, tuple)):
        return session.text(Text(", ", "、")).join(_shown(session, one) for one in value)
    return str(value)
