"""What a wrong argument is told with: click's sentence, and the same in Chinese."""

import click

from dizuo.model.text import Text

__all__ = ["usage_text"]


def usage_text(error: click.ClickException) -> Text:
    """Return what is wrong with the arguments, and the way to help, in both languages.

    Click speaks English. In Chinese the common mistakes are told in words of ours; what a type says
    of a value stays as click words it.
    """
    context = getattr(error, "ctx", None)
    help_ = f"{context.command_path} --help" if context is not None else ""
    message = error.format_message()
    english = f"{message}{'' if message.endswith(('.', '?')) else '.'}"
    chinese = _chinese(error) or f"参数有误：{english} "
    return Text(
        f"{english} Try: {help_}." if help_ else english,
        f"{chinese}可运行 {help_} 查看用法。" if help_ else chinese.rstrip(),
    )


def _chinese(error: click.ClickException) -> str:
    """Return what a common mistake is, empty for what click alone can word."""
    near = getattr(error, "possibilities", None)
    hint = f"相近的有：{'、'.join(near)}。" if near else ""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项 {error.option_name}。{hint}"
    if (name := getattr(error, "command_name", None)) is not None:
        return f"没有命令 {name}。{hint}"
    if isinstance(error, click.BadParameter) and error.param is not None:
        parameter = error.param.get_error_hint(error.ctx)
        if isinstance(error, click.MissingParameter):
            return f"缺少参数 {parameter}。"
        return f"参数 {parameter} 的取值有误：{error.message.rstrip('.')}。"
    return ""
