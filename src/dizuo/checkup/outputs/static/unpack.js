// Packs: base64 of deflated bytes in script elements. See geometry_packing.py and report_data.py.

const MARKS = ["measured", "estimated", "simulated", "missing"];

async function unpack(name) {
  const element = document.getElementById(`pack-${name}`);
  if (!element) return null;
  const text = atob(element.textContent.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function unpackJson(name) {
  const bytes = await unpack(name);
  return bytes ? JSON.parse(new TextDecoder().decode(bytes)) : null;
}

// Geometry in steps of the grid: parts of feature i are first[i] … first[i + 1] - 1, points of part
// p are start[p] … start[p + 1] - 1; box holds west, south, east, north of each feature.
async function unpackGeometry(name) {
  const bytes = await unpack(name);
  if (!bytes) return null;
  let at = 0;
  const next = () => {
    let number = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[at];
      at += 1;
      number += (byte & 127) * factor;
      if (byte < 128) return number;
      factor *= 128;
    }
  };
  const signed = () => {
    const number = next();
    return number % 2 ? -(number + 1) / 2 : number / 2;
  };
  const count = next();
  const first = new Uint32Array(count + 1);
  for (let i = 0; i < count; i += 1) first[i + 1] = first[i] + next();
  const parts = first[count];
  const start = new Uint32Array(parts + 1);
  for (let p = 0; p < parts; p += 1) start[p + 1] = start[p] + next();
  const xy = new Float32Array(2 * start[parts]);
  let x = 0;
  let y = 0;
  for (let i = 0; i < xy.length; i += 2) {
    x += signed();
    y += signed();
    xy[i] = x;
    xy[i + 1] = y;
  }
  return { count, first, start, xy, box: boxes(count, first, start, xy) };
}

function boxes(count, first, start, xy) {
  const box = new Float32Array(4 * count);
  for (let i = 0; i < count; i += 1) {
    let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
    for (let k = 2 * start[first[i]]; k < 2 * start[first[i + 1]]; k += 2) {
      if (xy[k] < west) west = xy[k];
      if (xy[k] > east) east = xy[k];
      if (xy[k + 1] < south) south = xy[k + 1];
      if (xy[k + 1] > north) north = xy[k + 1];
    }
    box.set([west, south, east, north], 4 * i);
  }
  return box;
}

// Values of one kind of place: for each column low bytes, high bytes and marks of all places.
class KindValues {
  constructor(description, bytes) {
    this.description = description;
    this.bytes = bytes;
    this.count = description.ids.length;
  }

  column(indicator, variant) {
    const columns = this.description.columns;
    const number = columns.findIndex(
      (one) => one.indicator === indicator && one.variant === variant,
    );
    if (number < 0) return null;
    const from = 3 * this.count * number;
    const { bytes, count } = this;
    const { low, step, breaks } = columns[number];
    return {
      ...columns[number],
      value: (i) => {
        const code = bytes[from + i] + 256 * bytes[from + count + i];
        return code ? low + (code - 1) * step : NaN;
      },
      evidence: (i) => MARKS[bytes[from + 2 * count + i] & 3],
      passes: (i) => [null, true, false, null][(bytes[from + 2 * count + i] >> 2) & 3],
      edge: (i) => (bytes[from + 2 * count + i] >> 4) / 7,
      classOf: (value) => {
        if (Number.isNaN(value)) return -1;
        let number = 0;
        while (number < breaks.length && value >= breaks[number]) number += 1;
        return number;
      },
    };
  }
}

function formatNumber(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return value
    .toLocaleString("en-US", { maximumFractionDigits: digits })
    .replace("-", "−")
    .replace(/^−0$/, "0");
}
