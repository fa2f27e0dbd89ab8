// A map on a canvas: the city's own metric grid, no tiles, no network.

const STREET_WIDTHS = [2.6, 1.7, 1, 0.7];
const POINT_COLOURS = { facilities: "#3d2c63", stops: "#0b7a75" };
const PAPER = { outside: "#eceff1", land: "#fbfaf7", water: "#cddfe9", green: "#dde8d5" };

class CityMap {
  constructor(canvas, description) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    [this.originX, this.originY, this.step] = description.grid;
    const [west, south, east, north] = description.extent;
    this.extent = [
      0,
      0,
      (east - west) / this.step,
      (north - south) / this.step,
    ];
    this.layers = {};
    this.visible = new Set(["water", "green", "street_edges", "buildings"]);
    this.places = null;
    this.labels = null;
    this.highlight = null;
    this.facilityCategory = -1;
    this.view = { x: 0, y: 0, scale: 1 };
    this.snapshot = document.createElement("canvas");
    this.slow = 0;
    this.onHover = () => {};
    this.onPick = () => {};
    this.onView = () => {};
    this.covered = () => [0, 0, 0, 0]; // where no label can be read, in pixels
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas.parentElement);
    this.resize();
    this.whole();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement;
    if (!width || !height) return;
    const first = !this.width;
    this.ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    if (first || this.wholeShown) this.whole();
    this.draw();
  }

  whole() {
    this.fit(this.extent, 18);
    this.wholeShown = true;
  }

  fit([west, south, east, north], padding = 40, closest = 3) {
    if (!this.width) return;
    const across = Math.max(east - west, 1);
    const up = Math.max(north - south, 1);
    const room = (size) => Math.max(size - 2 * padding, 40);
    const scale = Math.min(room(this.width) / across, room(this.height) / up);
    this.view = {
      x: (west + east) / 2,
      y: (south + north) / 2,
      scale: Math.min(scale, closest * this.step),
    };
    this.wholeShown = false;
    this.invalidate();
  }

  toScreen(x, y) {
    return [
      this.width / 2 + (x - this.view.x) * this.view.scale,
      this.height / 2 - (y - this.view.y) * this.view.scale,
    ];
  }

  toGrid(px, py) {
    return [
      this.view.x + (px - this.width / 2) / this.view.scale,
      this.view.y - (py - this.height / 2) / this.view.scale,
    ];
  }

  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = this.toGrid(px, py);
    const least = 0.5 * Math.min(this.width / this.extent[2], this.height / this.extent[3]);
    const scale = Math.min(Math.max(this.view.scale * factor, least), 12 * this.step);
    this.view.scale = scale;
    this.view.x = x - (px - this.width / 2) / scale;
    this.view.y = y + (py - this.height / 2) / scale;
    this.wholeShown = false;
    this.invalidate();
  }

  pan(dx, dy) {
    this.view.x -= dx / this.view.scale;
    this.view.y += dy / this.view.scale;
    this.wholeShown = false;
    this.invalidate();
  }

  invalidate() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.slow > 45 && this.drawn) {
        this.drawSnapshot();
        clearTimeout(this.later);
        this.later = setTimeout(() => this.draw(), 110);
      } else this.draw();
    });
  }

  drawSnapshot() {
    const { context, drawn, view, ratio } = this;
    const k = view.scale / drawn.scale;
    const dx = (this.width / 2 + (drawn.x - view.x) * view.scale - (this.width / 2) * k) * ratio;
    const dy = (this.height / 2 - (drawn.y - view.y) * view.scale - (this.height / 2) * k) * ratio;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = PAPER.outside;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.snapshot, dx, dy, this.snapshot.width * k, this.snapshot.height * k);
    this.onView();
  }

  draw() {
    if (!this.width) return;
    const began = performance.now();
    const { context: c, view, ratio } = this;
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.fillStyle = PAPER.outside;
    c.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const s = view.scale * ratio;
    c.setTransform(
      s, 0, 0, -s,
      (this.width / 2) * ratio - view.x * s,
      (this.height / 2) * ratio + view.y * s,
    );
    const [west, south] = this.toGrid(0, this.height);
    const [east, north] = this.toGrid(this.width, 0);
    this.window = [west, south, east, north];
    c.lineJoin = "round";
    c.lineCap = "round";
    this.fill("boundary", PAPER.land, true);
    this.fill("green", PAPER.green);
    this.drawPlaces(c);
    this.fill("water", PAPER.water);
    if (!this.places || this.places.layer !== "buildings") this.drawBuildings(c);
    this.drawStreets(c);
    this.strokeAll(this.layers.boundary, "#5b6873", 1.4);
    this.drawHighlight(c);
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.drawPoints("stops", 1.8);
    this.drawPoints("facilities", 2.6);
    this.drawHighlightPoints(c);
    this.drawLabels(c);
    this.slow = performance.now() - began;
    this.drawn = { ...view };
    if (this.slow > 45) {
      this.snapshot.width = this.canvas.width;
      this.snapshot.height = this.canvas.height;
      this.snapshot.getContext("2d").drawImage(this.canvas, 0, 0);
    }
    this.onView();
  }

  inView(box, i) {
    const [west, south, east, north] = this.window;
    const k = 4 * i;
    return !(box[k] > east || box[k + 2] < west || box[k + 1] > north || box[k + 3] < south);
  }

  trace(layer, i, closed) {
    const { first, start, xy } = layer;
    const c = this.context;
    for (let part = first[i]; part < first[i + 1]; part += 1) {
      let k = 2 * start[part];
      const end = 2 * start[part + 1];
      c.moveTo(xy[k], xy[k + 1]);
      for (k += 2; k < end; k += 2) c.lineTo(xy[k], xy[k + 1]);
      if (closed) c.closePath();
    }
  }

  // Paint many features in few paths: one path a few hundred features keeps the painter quick.
  paint(layer, chosen, closed, finish) {
    const c = this.context;
    const least = 0.4 / this.view.scale;
    let held = 0;
    c.beginPath();
    for (let i = 0; i < layer.count; i += 1) {
      if (!chosen(i) || !this.inView(layer.box, i)) continue;
      const k = 4 * i;
      if (layer.box[k + 2] - layer.box[k] < least && layer.box[k + 3] - layer.box[k + 1] < least) {
        continue;
      }
      this.trace(layer, i, closed);
      held += 1;
      if (held === 400) {
        finish(c);
        c.beginPath();
        held = 0;
      }
    }
    if (held) finish(c);
  }

  fill(name, colour, always = false) {
    const layer = this.layers[name];
    if (!layer || !(always || this.visible.has(name))) return;
    this.context.fillStyle = colour;
    this.paint(layer, () => true, true, (c) => c.fill());
  }

  strokeAll(layer, colour, width) {
    if (!layer) return;
    this.context.strokeStyle = colour;
    this.context.lineWidth = width / this.view.scale;
    this.paint(layer, () => true, true, (c) => c.stroke());
  }

  drawPlaces(c) {
    if (!this.places) return;
    const { geometry, classes, colours, missing, layer } = this.places;
    const thin = layer === "buildings" ? 0.25 : 0.6;
    c.globalAlpha = (layer === "buildings" ? 1 : 0.86) * (this.highlight?.features.length ? 0.5 : 1);
    c.lineWidth = thin / this.view.scale;
    c.strokeStyle = layer === "buildings" ? "rgba(40,50,60,.35)" : "#ffffff";
    const line = layer !== "buildings" || this.view.scale / this.step > 0.6;
    for (let number = -1; number < colours.length; number += 1) {
      c.fillStyle = number < 0 ? missing : colours[number];
      this.paint(geometry, (i) => classes[i] === number, true, (pen) => {
        pen.fill();
        if (line) pen.stroke();
      });
    }
    c.globalAlpha = 1;
  }

  drawBuildings(c) {
    const layer = this.layers.buildings;
    if (!layer || !this.visible.has("buildings") || this.view.scale / this.step < 0.12) return;
    c.fillStyle = "rgba(52,62,72,.20)";
    this.paint(layer, () => true, true, (pen) => pen.fill());
  }

  drawStreets(c) {
    const layer = this.layers.street_edges;
    if (!layer || !this.visible.has("street_edges")) return;
    const metre = this.view.scale / this.step;
    const least = metre > 0.5 ? 3 : metre > 0.16 ? 2 : metre > 0.05 ? 1 : 0;
    c.strokeStyle = "rgba(96,108,120,.55)";
    for (let rank = least; rank >= 0; rank -= 1) {
      c.lineWidth = (STREET_WIDTHS[rank] * Math.min(Math.max(metre * 1.6, 0.45), 1.6)) / this.view.scale;
      this.paint(layer, (i) => layer.rank[i] === rank, false, (pen) => pen.stroke());
    }
  }

  drawPoints(name, radius) {
    const layer = this.layers[name];
    if (!layer || !this.visible.has(name)) return;
    const c = this.context;
    const metre = this.view.scale / this.step;
    const chosen = name === "facilities" && this.facilityCategory >= 0 ? 1.5 : 1;
    const size = chosen * radius * Math.min(Math.max(metre * 3, 0.6), 1.6);
    c.fillStyle = POINT_COLOURS[name];
    c.strokeStyle = "#ffffff";
    c.lineWidth = 0.8;
    for (let i = 0; i < layer.count; i += 1) {
      if (!this.pointShown(name, i) || !this.inView(layer.box, i)) continue;
      const [px, py] = this.toScreen(layer.box[4 * i], layer.box[4 * i + 1]);
      c.beginPath();
      c.arc(px, py, size, 0, 2 * Math.PI);
      c.fill();
      if (size > 2) c.stroke();
    }
  }

  pointShown(name, i) {
    return (
      name !== "facilities" ||
      this.facilityCategory < 0 ||
      this.layers.facilities.category[i] === this.facilityCategory
    );
  }

  drawHighlight(c) {
    const mark = this.highlight;
    if (!mark) return;
    for (const { layer, numbers, closed } of mark.features.filter((one) => !one.points)) {
      const chosen = new Set(numbers);
      c.strokeStyle = "#7a1f5c";
      c.fillStyle = "rgba(150,40,110,.75)";
      c.lineWidth = (closed ? 1 : 3) / this.view.scale;
      this.paint(layer, (i) => chosen.has(i), closed, (pen) => {
        if (closed) pen.fill();
        pen.stroke();
      });
    }
    if (!mark.geometry || mark.number < 0) return;
    c.beginPath();
    this.trace(mark.geometry, mark.number, true);
    c.lineWidth = 5 / this.view.scale;
    c.strokeStyle = "rgba(255,255,255,.9)";
    c.stroke();
    c.lineWidth = 2.4 / this.view.scale;
    c.strokeStyle = "#7a1f5c";
    c.stroke();
  }

  drawHighlightPoints(c) {
    if (!this.highlight) return;
    for (const { layer, numbers, points } of this.highlight.features) {
      if (!points) continue;
      for (const i of numbers) {
        const [px, py] = this.toScreen(layer.box[4 * i], layer.box[4 * i + 1]);
        c.beginPath();
        c.arc(px, py, 6, 0, 2 * Math.PI);
        c.fillStyle = "#962870";
        c.fill();
        c.lineWidth = 2;
        c.strokeStyle = "#ffffff";
        c.stroke();
      }
    }
  }

  drawLabels(c) {
    if (!this.labels) return;
    const { points, texts } = this.labels;
    const taken = [];
    const [left, top, right, bottom] = this.covered();
    c.font = '600 12px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.lineWidth = 3;
    for (let i = 0; i < points.count; i += 1) {
      if (!texts[i] || !this.inView(points.box, i)) continue;
      const [px, py] = this.toScreen(points.box[4 * i], points.box[4 * i + 1]);
      const half = c.measureText(texts[i]).width / 2 + 4;
      if (px + half > left && px - half < right && py + 9 > top && py - 9 < bottom) continue;
      if (taken.some(([x, y, w]) => Math.abs(x - px) < w + half && Math.abs(y - py) < 18)) continue;
      taken.push([px, py, half]);
      c.strokeStyle = "rgba(255,255,255,.85)";
      c.strokeText(texts[i], px, py);
      c.fillStyle = "#26333d";
      c.fillText(texts[i], px, py);
    }
  }

  // How many corners of the places lie in a part of the picture, of a sample of them.
  cornersIn(left, top, right, bottom) {
    const { xy } = this.places.geometry;
    const every = 2 * Math.max(1, Math.round(xy.length / 8000));
    let count = 0;
    for (let k = 0; k + 1 < xy.length; k += every) {
      const [px, py] = this.toScreen(xy[k], xy[k + 1]);
      if (px > left && px < right && py > top && py < bottom) count += 1;
    }
    return count;
  }

  hit(px, py) {
    if (!this.window) return null;
    for (const name of ["facilities", "stops"]) {
      const layer = this.layers[name];
      if (!layer || !this.visible.has(name)) continue;
      let nearest = 9;
      let number = -1;
      for (let i = 0; i < layer.count; i += 1) {
        if (!this.pointShown(name, i)) continue;
        const [x, y] = this.toScreen(layer.box[4 * i], layer.box[4 * i + 1]);
        const far = Math.hypot(x - px, y - py);
        if (far < nearest) [nearest, number] = [far, i];
      }
      if (number >= 0) return { layer: name, number };
    }
    if (!this.places) return null;
    const [x, y] = this.toGrid(px, py);
    const { geometry } = this.places;
    for (let i = 0; i < geometry.count; i += 1) {
      const k = 4 * i;
      if (
        geometry.box[k] <= x && geometry.box[k + 2] >= x &&
        geometry.box[k + 1] <= y && geometry.box[k + 3] >= y &&
        inside(geometry, i, x, y)
      ) return { layer: "places", number: i };
    }
    return null;
  }

  listen() {
    const { canvas } = this;
    const fingers = new Map();
    let moved = 0;
    const local = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, local(event));
      if (fingers.size === 1) moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = local(event);
      const before = fingers.get(event.pointerId);
      if (!before) {
        if (event.pointerType === "mouse") this.onHover(this.hit(...now), ...now);
        return;
      }
      const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
      moved += Math.abs(dx) + Math.abs(dy);
      if (fingers.size === 2) {
        const [a, b] = [...fingers.values()];
        fingers.set(event.pointerId, now);
        const [c, d] = [...fingers.values()];
        const apart = (p, q) => Math.hypot(p[0] - q[0], p[1] - q[1]);
        this.pan(dx / 2, dy / 2);
        this.zoom(apart(c, d) / Math.max(apart(a, b), 1), (c[0] + d[0]) / 2, (c[1] + d[1]) / 2);
      } else if (fingers.size === 1 && moved > 4) {
        fingers.set(event.pointerId, now);
        this.pan(dx, dy);
        this.onHover(null);
      }
    });
    const lift = (event) => {
      const was = fingers.delete(event.pointerId);
      if (was && event.type === "pointerup" && moved <= 4 && !fingers.size) {
        const at = local(event);
        this.onPick(this.hit(...at), ...at);
      }
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("pointerleave", () => this.onHover(null));
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...local(event));
    }, { passive: false });
    canvas.addEventListener("dblclick", (event) => this.zoom(2, ...local(event)));
    canvas.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      if (moves[event.key]) this.pan(...moves[event.key]);
      else if (event.key === "+" || event.key === "=") this.zoom(1.5);
      else if (event.key === "-") this.zoom(1 / 1.5);
      else if (event.key === "0") this.whole();
      else return;
      event.preventDefault();
    });
  }
}

function inside({ first, start, xy }, i, x, y) {
  let odd = false;
  for (let part = first[i]; part < first[i + 1]; part += 1) {
    const from = 2 * start[part];
    const to = 2 * start[part + 1];
    for (let k = from, j = to - 2; k < to; j = k, k += 2) {
      if (xy[k + 1] > y !== xy[j + 1] > y) {
        const cross = ((xy[j] - xy[k]) * (y - xy[k + 1])) / (xy[j + 1] - xy[k + 1]) + xy[k];
        if (x < cross) odd = !odd;
      }
    }
  }
  return odd;
}
