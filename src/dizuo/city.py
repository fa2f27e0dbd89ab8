"""The public face: open a city, build its base, examine it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dizuo.base.config import CityConfig, Completeness, read_config
from dizuo.base.store import Base
from dizuo.model.errors import InputError, StoreError
from dizuo.model.text import Text

if TYPE_CHECKING:
    from dizuo.checkup.examine import Examination
    from dizuo.checkup.result import Checkup
    from dizuo.checkup.what_if import WhatIf
    from dizuo.model.indicator import Indicator

__all__ = ["City"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class City:
    """A city's folder: its ``city.toml``, its sources, its base and its checkups."""

    config: CityConfig

    @classmethod
    def open(cls, folder: str | Path) -> "City":
        """Open the folder of a city.

        Raises
        ------
        InputError
            If there is no ``city.toml`` or it cannot be used.
        """
        return cls(read_config(folder))

    @property
    def folder(self) -> Path:
        """Where the city's files are."""
        return self.config.folder

    @cached_property
    def base(self) -> Base:
        """The base as it was last built.

        Raises
        ------
        StoreError
            If it was not built yet, or is damaged.
        """
        return Base.open(self.config.base_folder)

    def build(self, *, force: bool = False, progress: Progress | None = None) -> Base:
        """Build the base from the sources. What did not change is kept.

        Raises
        ------
        InputError
            If a source cannot be used; the last good base stays.
        """
        from dizuo.base.build import build  # noqa: PLC0415 - the libraries load when needed
        from dizuo.resources.analysis import Analysis  # noqa: PLC0415
        from dizuo.resources.hierarchies import keep_hierarchies  # noqa: PLC0415

        base = build(self.folder, force=force, progress=progress)
        keep_hierarchies(base, Analysis.load(self.config.analysis))
        self.__dict__["base"] = base
        return base

    def checkup(self, *, progress: Progress | None = None) -> "Checkup":
        """Examine the city, building its base first where there is none.

        Returns
        -------
        Checkup
            ``result.values`` has one row for each indicator, variant and place.
        """
        from dizuo.checkup.examine import examine  # noqa: PLC0415

        return examine(self.examination(), progress=progress)

    def examination(self) -> "Examination":
        """Return what a checkup of this city is made of: layers, rules, settings."""
        from dizuo.checkup.examine import Examination  # noqa: PLC0415
        from dizuo.resources.analysis import Analysis  # noqa: PLC0415
        from dizuo.resources.hierarchies import kept_files  # noqa: PLC0415
        from dizuo.resources.kept_hierarchies import KeptHierarchies  # noqa: PLC0415
        from dizuo.resources.layers import Layers  # noqa: PLC0415
        from dizuo.standards.rule_book import RuleBook  # noqa: PLC0415

        try:
            base = self.base
        except StoreError:
            base = self.build()
        settings = self.config.city
        own_rules = self.folder / "rules"
        return Examination(
            layers=Layers(base.layer, base.table),
            rules=RuleBook.load([own_rules] if own_rules.is_dir() else []),
            analysis=Analysis.load(self.config.analysis),
            city=self._facts(base),
            day=settings.reference_date,
            jurisdictions=settings.standards,
            indicators=self.indicators(),
            weights=self._weights(),
            completeness=self._completeness(),
            hierarchies=KeptHierarchies(kept_files(base)),
        )

    def what_if(self) -> "WhatIf":
        """Compute the city once, to ask what edits of its facilities would change."""
        from dizuo.checkup.what_if import WhatIf  # noqa: PLC0415

        return WhatIf(self.examination())

    def indicators(self) -> "Mapping[str, Indicator]":
        """Return every indicator that this city is asked: dizuo's and its own.

        Its own are declared by the Python files in the folder ``indicators``, which run as part of
        this program: take only files that you trust.

        Raises
        ------
        InputError
            If a file cannot be run; the message names it.
        """
        from dizuo.articles.local import load_local_indicators  # noqa: PLC0415
        from dizuo.articles.registry import all_indicators  # noqa: PLC0415

        own = self.folder / "indicators"
        local = load_local_indicators(own) if own.is_dir() else {}
        return {**all_indicators(), **local}

    def _weights(self) -> dict[str, float]:
        """Weights of the city's file, for indicators that exist."""
        known = self.indicators()
        for name in self.config.weights:
            if name not in known:
                raise InputError(
                    Text(f"there is no indicator {name!r} to weigh", f"没有可赋权重的指标“{name}”"),
                    file=self.folder / "city.toml",
                    field=f"weights.{name}",
                    cure=Text(
                        "'dizuo systems' lists the indicators.", "可用 dizuo systems 查看指标清单。"
                    ),
                )
        return dict(self.config.weights)

    def _completeness(self) -> dict[str, Completeness]:
        """Smallest share that any source states for a layer; nothing where none states one."""
        stated: dict[str, Completeness] = {}
        for source in self.config.sources:
            for layer, known in source.completeness.items():
                if layer not in stated or known.share < stated[layer].share:
                    stated[layer] = known
        return stated

    def _facts(self, base: Base) -> dict[str, Any]:
        settings, population = self.config.city, self.config.population
        boundary = base.layer("boundary")
        return {
            "id": settings.id,
            "name": settings.name,
            "name_zh": settings.name_zh,
            "reference_date": settings.reference_date.isoformat(),
            "crs": base.manifest.crs,
            "population": population.total if population else None,
            "population_source": population.source if population else None,
            "area_km2": float(boundary.area.sum()) / 1e6,
            "dizuo_version": base.manifest.dizuo_version,
            "base_hash": base.manifest.content_hash,
            "attribution": [
                {
                    "source": source.id,
                    "licence": source.licence,
                    "attribution": source.attribution,
                    "date": source.date.isoformat(),
                }
                for source in self.config.sources
            ],
            "standards": list(settings.standards),
        }
