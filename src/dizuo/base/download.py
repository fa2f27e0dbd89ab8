"""Fetch OpenStreetMap extracts: a region from Geofabrik, or a box from Overpass.

Only ``urllib`` of the standard library is used. A download goes into ``<file>.part``, is taken up
again where it was cut off, is checked, and then moved into place.
"""

import difflib
import hashlib
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final

from dizuo.model.errors import InputError
from dizuo.model.text import Text

__all__ = ["GEOFABRIK_INDEX", "OVERPASS", "Progress", "download", "download_box"]

GEOFABRIK_INDEX: Final = "https://download.geofabrik.de/index-v1-nogeom.json"
OVERPASS: Final = "https://overpass-api.de/api/interpreter"

Progress = Callable[[str, float], None]
"""Called with what is fetched and the share done, 0 to 1; 0 where the server tells no length."""

_TIMEOUT: Final = 60.0
_CHUNK: Final = 1 << 18
_AGENT: Final = "dizuo (https://pypi.org/project/dizuo)"
_BY_HAND: Final = Text(
    "Check the connection; or fetch an extract by hand, for instance from Geofabrik, and name it "
    "with --osm.",
    "请检查网络连接；或自行下载 OpenStreetMap 数据（例如从 Geofabrik），再用 --osm 指定。",
)


def download(
    place: str,
    folder: str | Path,
    *,
    endpoint: str = GEOFABRIK_INDEX,
    progress: Progress | None = None,
) -> Path:
    """Fetch the extract of a region.

    Parameters
    ----------
    place
        Id or name of a region in the index: ``monaco``, ``Canary Islands``.
    folder
        Where to put the file; it is made.
    endpoint
        Index of regions (GeoJSON, Geofabrik's index-v1).
    progress
        Told of the share received.

    Returns
    -------
    Path
        The file; one that is there already and whole is not fetched again.

    Raises
    ------
    InputError
        If there is no connection, the region is unknown, or the file does not arrive whole.
    """
    index = _json(endpoint)
    region = _region(index, place, endpoint)
    url = str(region["urls"]["pbf"])
    file = Path(folder) / Path(urllib.parse.urlparse(url).path).name
    checksum = _checksum(url)
    if file.exists() and checksum is not None and _md5(file) == checksum:
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    _fetch(url, part, progress or _silent)
    if checksum is not None and _md5(part) != checksum:
        part.unlink()
        raise InputError(
            Text(
                "the file that arrived is not the one that was sent (its MD5 sum differs)",
                "收到的文件与服务器上的不一致（MD5 校验和不同）",
            ),
            file=url,
            cure=Text("Run the command again.", "请重新运行该命令。"),
        )
    part.replace(file)
    return file


def download_box(
    box: tuple[float, float, float, float],
    file: str | Path,
    *,
    endpoint: str = OVERPASS,
    progress: Progress | None = None,
) -> Path:
    """Fetch everything in a box from an Overpass server, as OpenStreetMap XML.

    Parameters
    ----------
    box
        West, south, east, north in degrees.
    file
        Where to put it; its name ends in ``.osm``.

    Raises
    ------
    InputError
        If the box is none, there is no connection, or the server did not answer in full.
    """
    west, south, east, north = box
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InputError(
            Text(f"{box} is no box", f"{box} 不是经纬度范围"),
            field="box",
            cure=Text(
                "Give west,south,east,north in degrees.", "请按“西,南,东,北”给出，单位为度。"
            ),
        )
    query = f"[out:xml][timeout:300];(nwr({south},{west},{north},{east});>;);out meta;"
    target = Path(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    _fetch(endpoint, part, progress or _silent, data=urllib.parse.urlencode({"data": query}))
    end = part.read_bytes()[-200:]
    if b"</osm>" not in end:
        part.unlink()
        raise InputError(
            Text("the server did not send all of the box", "服务器未返回该范围的全部数据"),
            file=endpoint,
            cure=Text("Choose a smaller box.", "请缩小范围。"),
        )
    part.replace(target)
    return target


def _silent(_doing: str, _share: float) -> None:
    """Report nothing."""


def _region(index: Any, place: str, endpoint: str) -> Mapping[str, Any]:
    try:
        regions = [feature["properties"] for feature in index["features"]]
        names = {str(region[key]).lower(): region for key in ("name", "id") for region in regions}
    except (KeyError, TypeError) as error:
        raise InputError(
            Text(
                f"the index is not as expected: {error} is missing",
                f"下载索引与预期不符：缺少 {error}",
            ),
            file=endpoint,
            cure=_BY_HAND,
        ) from error
    region = names.get(place.strip().lower())
    if region is None or "pbf" not in region.get("urls", {}):
        near = difflib.get_close_matches(place.lower(), names, n=3)
        cure = (
            Text(f"Did you mean {' or '.join(map(repr, near))}?", f"您是否要找 {'、'.join(near)}？")
            if near
            else Text("Name a larger region.", "请改用更大的区域名称。")
        )
        raise InputError(
            Text(f"there is no extract of {place!r}", f"没有“{place}”的 OpenStreetMap 数据"),
            field="place",
            cure=cure,
        )
    return dict(region)


def _open(url: str, headers: Mapping[str, str], data: str | None = None) -> Any:
    """Open a URL; say in a sentence what went wrong otherwise."""
    if urllib.parse.urlparse(url).scheme not in {"http", "https"}:
        raise InputError(
            Text(f"{url!r} is no web address", f"“{url}”不是网址"),
            cure=Text("It begins with https://.", "网址应以 https:// 开头。"),
        )
    request = urllib.request.Request(  # noqa: S310 (only http and https come here)
        url,
        headers={"User-Agent": _AGENT, **headers},
        data=None if data is None else data.encode(),
    )
    try:
        return urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310
    except urllib.error.HTTPError as error:
        with closing(error):
            raise InputError(
                Text(
                    f"the server answers {error.code} {error.reason}",
                    f"服务器返回 {error.code} {error.reason}",
                ),
                file=url,
                cure=Text("Wait and run the command again.", "请稍后重新运行该命令。")
                if error.code in {429, 500, 502, 503, 504}
                else _BY_HAND,
            ) from error
    except (urllib.error.URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise InputError(
            Text(f"there is no connection ({reason})", f"无法连接（{reason}）"),
            file=url,
            cure=_BY_HAND,
        ) from error


def _json(url: str) -> Any:
    with closing(_open(url, {})) as answer:
        try:
            return json.load(answer)
        except (ValueError, OSError, HTTPException) as error:
            raise InputError(
                Text(f"the index cannot be read ({error})", f"无法读取下载索引（{error}）"),
                file=url,
                cure=_BY_HAND,
            ) from error


def _checksum(url: str) -> str | None:
    """Return the MD5 sum that stands beside an extract, None if there is none."""
    try:
        with closing(_open(f"{url}.md5", {})) as answer:
            words = answer.read(1000).decode("ascii", "replace").split()
    except InputError:
        return None
    return words[0].lower() if words and len(words[0]) == 32 else None


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _fetch(url: str, part: Path, progress: Progress, *, data: str | None = None) -> None:
    """Bring ``part`` to the full length, from where it stands if the server can.

    The validator that the server gave with the first bytes is kept beside them: what stands is only
    continued if the file on the server is still the same.
    """
    memory = part.with_name(f"{part.name}.json")
    have = part.stat().st_size if part.exists() else 0
    validator = _validator(memory, url) if have else None
    headers = {"Range": f"bytes={have}-", "If-Range": validator} if validator else {}
    with closing(_open(url, headers, data)) as answer:
        resumed = answer.status == 206
        received = have if resumed else 0
        length = answer.headers.get("Content-Length")
        whole = received + int(length) if length is not None else None
        tag = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
        memory.write_text(json.dumps({"url": url, "validator": tag}), encoding="utf-8")
        with part.open("ab" if resumed else "wb") as stream:
            try:
                while chunk := answer.read(_CHUNK):
                    stream.write(chunk)
                    received += len(chunk)
                    progress(part.stem, received / whole if whole else 0.0)
            except (OSError, HTTPException) as error:
                raise _cut_off(url, received, whole) from error
    if whole is not None and received != whole:
        raise _cut_off(url, received, whole)
    memory.unlink()


def _validator(memory: Path, url: str) -> str | None:
    try:
        kept = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    # A weak validator does not promise equal bytes.
    tag = kept.get("validator") if kept.get("url") == url else None
    return tag if isinstance(tag, str) and not tag.startswith("W/") else None


def _cut_off(url: str, received: int, whole: int | None) -> InputError:
    of_all = Text(f" of {whole}", f" / {whole}") if whole is not None else Text("", "")
    return InputError(
        Text(
            f"the download was cut off after {received}{of_all.en} bytes",
            f"下载中断，已收到 {received}{of_all.zh} 字节",
        ),
        file=url,
        cure=Text(
            "Run the command again: it goes on where it stopped.",
            "请重新运行该命令，将从中断处续传。",
        ),
    )
