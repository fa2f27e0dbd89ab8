"""Wire functions to what they need, by the names of their parameters.

A resource is a function that is run once a checkup. Its parameters name other resources, and so
do those of an indicator. The wiring is checked before anything runs: a name that nothing provides,
a type that differs from the provider's, or a circle is an error at start, not in the third minute.
"""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, get_type_hints

from dizuo.model.errors import DizuoError
from dizuo.model.text import Text

__all__ = [
    "Workshop",
    "check_wiring",
    "load_resources",
    "providers",
    "resource",
    "resources_of",
]

Function = TypeVar("Function", bound=Callable[..., Any])

_PROVIDERS: dict[str, Callable[..., Any]] = {}


def resource(function: Function) -> Function:
    """Register a function as the provider of what its name says."""
    name = function.__name__
    if name in _PROVIDERS:
        raise DizuoError(f"two functions provide the resource {name!r}")
    _PROVIDERS[name] = function
    return function


def providers() -> Mapping[str, Callable[..., Any]]:
    """Return every registered provider by name."""
    return dict(_PROVIDERS)


@cache
def load_resources() -> None:
    """Import every module of this package, so that all that it provides is registered."""
    package = importlib.import_module("dizuo.resources")
    for module in pkgutil.iter_modules(package.__path__, "dizuo.resources."):
        importlib.import_module(module.name)


@cache
def parameters_of(function: Callable[..., Any]) -> Mapping[str, Any]:
    """Return the parameters of a function with their types, read once."""
    hints = get_type_hints(function)
    names = inspect.signature(function).parameters
    return MappingProxyType({name: hints.get(name, Any) for name in names})


def check_wiring(
    name: str,
    function: Callable[..., Any],
    *,
    given: Mapping[str, type],
    needs: Mapping[str, str],
) -> None:
    """Check that every parameter of a function has a provider of its type.

    Parameters
    ----------
    given
        Names that the caller supplies itself (rules, inputs), with their types.
    needs
        Parameter name -> resource name, where they differ.

    Raises
    ------
    DizuoError
        If a parameter has no provider, or the provider returns another type.
    """
    for parameter, wanted in parameters_of(function).items():
        source = needs.get(parameter, parameter)
        if source in given:
            found: Any = given[source]
        elif source in _PROVIDERS:
            found = get_type_hints(_PROVIDERS[source]).get("return", Any)
        else:
            known = sorted({*_PROVIDERS, *given})
            raise DizuoError(
                Text(
                    f"{name} asks for {source!r}, which nothing provides. "
                    f"Known: {', '.join(known)}",
                    f"{name} 需要“{source}”，但没有函数提供。可用：{'、'.join(known)}",
                )
            )
        if wanted is not Any and found is not Any and wanted != found:
            raise DizuoError(
                Text(
                    f"{name} asks for {parameter}: {wanted}, but {source!r} is {found}",
                    f"{name} 需要 {parameter}：{wanted}，但“{source}”的类型是 {found}",
                )
            )


def resources_of(function: Callable[..., Any], needs: Mapping[str, str]) -> set[str]:
    """Return the names of all resources that a function hangs on, directly or not."""
    found: set[str] = set()
    waiting = [needs.get(name, name) for name in parameters_of(function)]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in _PROVIDERS:
                waiting.extend(parameters_of(_PROVIDERS[name]))
    return found


@dataclass
class Workshop:
    """Runs providers, each once, and keeps what they made.

    Parameters
    ----------
    inputs
        What no provider makes: the base, the rule book, the reference date.
    """

    inputs: Mapping[str, Any]
    made: dict[str, Any] = field(default_factory=dict)
    _making: list[str] = field(default_factory=list)

    def get(self, name: str) -> Any:
        """Return a resource, making it and what it needs if that was not done yet."""
        if name in self.inputs:
            return self.inputs[name]
        if name not in self.made:
            if name in self._making:
                raise DizuoError(f"resources in a circle: {' > '.join([*self._making, name])}")
            if name not in _PROVIDERS:
                raise DizuoError(f"nothing provides the resource {name!r}")
            self._making.append(name)
            try:
                self.made[name] = self.call(_PROVIDERS[name])
            finally:
                self._making.pop()
        return self.made[name]

    def call(
        self,
        function: Callable[..., Any],
        *,
        given: Mapping[str, Any] | None = None,
        needs: Mapping[str, str] | None = None,
    ) -> Any:
        """Call a function with the resources that its parameters name."""
        given, needs = given or {}, needs or {}
        arguments = {
            name: given[name] if name in given else self.get(needs.get(name, name))
            for name in parameters_of(function)
        }
        return function(**arguments)

    def forget(self, changed: Iterable[str]) -> None:
        """Drop what hangs on changed inputs or resources, so that only that is made again.

        What stays keeps its answers: it holds them together with what they are about.
        """
        stale = set(changed)
        for name in list(self.made):
            if name in stale or resources_of(_PROVIDERS[name], {}) & stale:
                del self.made[name]
