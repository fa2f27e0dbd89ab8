// The map's controls, legend and tips.

const MISSING = "#e6e8ea";
const FAR_METRES = 300; // evidence farther from its place than this does not widen the view
const JUDGED = ["#d97a33", "#9c3f0c", "#6f9fc8"]; // see map_classes.py

class MapPanel {
  constructor(report) {
    this.report = report;
    this.model = report.model;
    this.values = new Map();
    this.geometry = new Map();
    this.choice = { indicator: "", variant: "", kind: this.model.overview };
    this.map = new CityMap(document.getElementById("map"), this.model.map);
    this.map.onHover = (hit, x, y) => this.tip(hit, x, y);
    this.map.onPick = (hit, x, y) => this.tip(hit, x, y, true);
    this.map.onView = () => this.scale();
    this.map.covered = () => this.placeLegend();
    this.controls();
  }

  async load() {
    const layers = this.model.map.layers;
    for (const name of ["boundary", "water", "green", "street_edges", "stops", "facilities", "buildings"]) {
      const geometry = await unpackGeometry(`layer-${name}`);
      if (geometry) this.map.layers[name] = { ...geometry, ...layers[name] };
    }
    this.layerList();
    await this.show({});
  }

  kind(name) {
    return this.model.kinds.find((one) => one.kind === name);
  }

  async valuesOf(kind) {
    if (!this.values.has(kind)) {
      this.values.set(kind, new KindValues(this.kind(kind), (await unpack(`values-${kind}`)) || []));
    }
    return this.values.get(kind);
  }

  async geometryOf(kind) {
    if (kind === "building") return this.map.layers.buildings;
    if (!this.geometry.has(kind)) {
      this.geometry.set(kind, await unpackGeometry(`place-${kind}`));
      this.geometry.set(`label-${kind}`, await unpackGeometry(`label-${kind}`));
    }
    return this.geometry.get(kind);
  }

  kindsWith(indicator, variant) {
    return this.model.kinds
      .filter((one) =>
        indicator
          ? one.columns.some((c) => c.indicator === indicator && c.variant === variant)
          : one.findings && one.kind !== "city",
      )
      .map((one) => one.kind);
  }

  // The kind of place on which an indicator is told best: its own, or the smallest that has values.
  fineKind(id, variant) {
    const kinds = this.kindsWith(id, variant);
    const indicator = this.report.indicator(id);
    const own = indicator ? indicator.kind : this.model.overview;
    if (own !== "city" && kinds.includes(own)) return own;
    const fine = kinds.filter((one) => one !== "city" && one !== "building");
    return fine.at(-1) || kinds.at(-1) || this.model.overview;
  }

  async show(wanted) {
    const choice = { ...this.choice, ...wanted };
    const indicator = this.report.indicator(choice.indicator);
    const variants = indicator ? indicator.variants.map((one) => one[0]) : [""];
    if (!variants.includes(choice.variant)) [choice.variant] = variants;
    const kinds = this.kindsWith(choice.indicator, choice.variant);
    if (!kinds.includes(choice.kind)) {
      choice.kind = this.fineKind(choice.indicator, choice.variant);
    }
    this.choice = choice;
    this.selects(kinds);
    const [values, geometry] = [await this.valuesOf(choice.kind), await this.geometryOf(choice.kind)];
    if (this.choice !== choice) return;
    this.column = choice.indicator
      ? values.column(choice.indicator, choice.variant)
      : this.findingsColumn(values.description);
    this.legend();
    this.colour(geometry);
  }

  // The number of findings of each place, as if it were an indicator.
  findingsColumn(description) {
    const counts = description.findings || [];
    const top = Math.max(1, ...counts);
    const colours = this.model.findingColours;
    const cuts = [...new Set(colours.map((_, i) => Math.floor((i * top) / colours.length) + 1))];
    const used = cuts.map((_, i) => colours[Math.round((i * (colours.length - 1)) / Math.max(cuts.length - 1, 1))]);
    return {
      findings: true,
      breaks: cuts.slice(1),
      colours: cuts.length === 1 ? [colours[2]] : used,
      labels: cuts.map((from, i) => {
        const to = i + 1 < cuts.length ? cuts[i + 1] - 1 : top;
        return from === to ? `${from}` : `${from}–${to}`;
      }),
      value: (i) => counts[i],
      evidence: () => null,
      passes: () => null,
      edge: () => 0,
      classOf: (value) => (value > 0 ? cuts.filter((cut) => value >= cut).length - 1 : -1),
    };
  }

  colour(geometry) {
    const { map, column, choice } = this;
    if (!geometry) map.places = null;
    else {
      const classes = new Int8Array(geometry.count).fill(-1);
      if (column) for (let i = 0; i < geometry.count; i += 1) classes[i] = column.classOf(column.value(i));
      map.places = {
        geometry,
        classes,
        colours: column ? column.colours : [],
        missing: column && column.findings ? "#f7f6f2" : MISSING,
        layer: choice.kind === "building" ? "buildings" : "places",
      };
    }
    this.labelPlaces();
    map.draw();
  }

  labelPlaces() {
    const { kind } = this.choice;
    const named = ["community", "district"].includes(kind) ? kind : ["district", "community"].find((one) => this.kind(one));
    const points = this.geometry.get(`label-${named}`);
    if (!points) {
      this.map.labels = null;
      if (named) this.geometryOf(named).then(() => {
        if (this.geometry.get(`label-${named}`)) {
          this.labelPlaces();
          this.map.draw();
        }
      });
      return;
    }
    const { names, namesZh } = this.kind(named);
    const zh = this.report.language === "zh";
    this.map.labels = { points, texts: names.map((name, i) => (zh && namesZh[i]) || name) };
  }

  controls() {
    const on = (id, type, work) => document.getElementById(id).addEventListener(type, work);
    on("map-in", "click", () => this.map.zoom(1.7));
    on("map-out", "click", () => this.map.zoom(1 / 1.7));
    on("map-whole", "click", () => this.map.whole());
    on("map-wide", "click", () => document.body.classList.toggle("map-wide"));
    on("map-close", "click", () => this.open(false));
    on("open-map", "click", () => this.open(true));
    on("map-indicator", "change", (event) => this.choose({ indicator: event.target.value, variant: "" }));
    on("map-variant", "change", (event) => this.choose({ variant: event.target.value }));
    on("map-kind", "change", (event) => this.choose({ kind: event.target.value }));
  }

  choose(wanted) {
    this.clear();
    this.show(wanted);
  }

  open(shown) {
    document.body.classList.toggle("map-open", shown);
    if (shown) this.map.canvas.focus({ preventScroll: true });
  }

  selects(kinds) {
    const { report, choice } = this;
    const list = document.getElementById("map-indicator");
    if (list.dataset.filled !== report.language) {
      list.replaceChildren(option("", report.word("map_findings")));
      for (const article of report.articleNumbers()) {
        const group = document.createElement("optgroup");
        group.label = report.articleTitle(article);
        const own = this.model.indicators.filter((one) => one.article === article);
        const known = own.filter((one) => one.variants.some(([name]) => this.kindsWith(one.id, name).length));
        group.append(...known.map((one) => option(one.id, report.text(one))));
        if (known.length) list.append(group);
      }
      list.dataset.filled = report.language;
    }
    list.value = choice.indicator;
    const indicator = report.indicator(choice.indicator);
    const variant = document.getElementById("map-variant");
    variant.hidden = !indicator || indicator.variants.length < 2;
    if (indicator) {
      variant.replaceChildren(...indicator.variants.map(([name, en, zh]) => option(name, report.text({ en, zh }))));
      variant.value = choice.variant;
    }
    const kind = document.getElementById("map-kind");
    kind.replaceChildren(...kinds.map((one) => option(one, report.word(`kind_${one}`))));
    kind.value = choice.kind;
  }

  layerList() {
    const { report, map } = this;
    const box = document.getElementById("map-layers");
    box.replaceChildren();
    for (const name of ["buildings", "street_edges", "facilities", "stops", "green", "water"]) {
      if (!map.layers[name]) continue;
      const line = make("label");
      const tick = Object.assign(document.createElement("input"), {
        type: "checkbox",
        checked: map.visible.has(name),
      });
      tick.addEventListener("change", () => {
        if (tick.checked) map.visible.add(name);
        else map.visible.delete(name);
        this.legend();
        map.draw();
      });
      line.append(tick, ` ${report.word(`layer_${name}`)}`);
      box.append(line);
      if (name === "facilities") box.append(this.categories(tick));
    }
  }

  categories(tick) {
    const { report, map } = this;
    const { categories } = map.layers.facilities;
    const list = document.createElement("select");
    list.setAttribute("aria-label", report.word("layer_facilities"));
    list.append(option("-1", report.word("map_facilities_all")));
    const named = categories.map(([en, zh], i) => [report.text({ en, zh }), i]);
    named.sort((a, b) => a[0].localeCompare(b[0], report.language));
    list.append(...named.map(([text, i]) => option(String(i), text)));
    list.value = String(map.facilityCategory);
    list.addEventListener("change", () => {
      map.facilityCategory = Number(list.value);
      tick.checked = true;
      map.visible.add("facilities");
      this.legend();
      map.draw();
    });
    return list;
  }

  legend() {
    const { report, column, choice } = this;
    const box = document.getElementById("map-legend");
    box.replaceChildren();
    const indicator = report.indicator(choice.indicator);
    const title = make("p", "legend-title", indicator ? report.text(indicator) : report.word("map_findings"));
    if (indicator && indicator.unit) title.append(make("span", "quiet", ` ${report.unit(indicator.unit)}`));
    box.append(title);
    if (!column) {
      box.append(make("p", "quiet", report.word("map_no_kind")));
      return;
    }
    const rows = make("ul");
    column.colours.forEach((colour, i) => rows.append(swatch(colour, column.labels[i])));
    if (!column.findings) rows.append(swatch(MISSING, report.word("map_no_value")));
    rows.append(...this.pointRows());
    box.append(rows);
    const judged = column.colours.some((colour) => JUDGED.includes(colour));
    if (judged && !column.findings) {
      const note = make("p", "legend-note");
      note.append(swatch("#d97a33", report.word("map_legend_fail"), "span"), swatch("#6f9fc8", report.word("map_legend_keep"), "span"));
      box.append(note);
    }
  }

  // Points have one colour a layer.
  pointRows() {
    const { map, report } = this;
    return ["facilities", "stops"].filter((name) => map.layers[name] && map.visible.has(name)).map((name) => {
      const only = name === "facilities" && map.layers.facilities.categories[map.facilityCategory];
      const row = swatch(POINT_COLOURS[name], only ? report.text(pair(only)) : report.word(`layer_${name}`));
      row.firstElementChild.className = "round";
      return row;
    });
  }

  // Where the whole city is seen, put the legend into the lower corner where it hides less of it.
  placeLegend() {
    const { map } = this;
    const box = document.getElementById("map-legend");
    const frame = document.getElementById("map-frame");
    const [width, height] = [box.offsetWidth, box.offsetHeight];
    const top = map.height - 10 - height;
    const lefts = [10, map.width - 10 - width];
    if (map.wholeShown && map.places) {
      const [fewer, more] = lefts.map((left) => map.cornersIn(left, top, left + width, map.height));
      frame.classList.toggle("legend-right", more < fewer);
    }
    const left = lefts[frame.classList.contains("legend-right") ? 1 : 0];
    return [left, top, left + width, map.height];
  }

  scale() {
    const { map } = this;
    const metres = map.step / map.view.scale;
    const power = 10 ** Math.floor(Math.log10(metres * 110));
    const length = [5, 2, 1].map((n) => n * power).find((n) => n <= metres * 110) || power;
    const box = document.getElementById("map-scale");
    box.dataset.metres = metres.toPrecision(6);
    box.firstElementChild.style.width = `${length / metres}px`;
    box.lastElementChild.textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  }

  tip(hit, x, y, picked = false) {
    const tip = document.getElementById("map-tip");
    if (!hit) {
      tip.hidden = true;
      this.map.canvas.style.cursor = "grab";
      return;
    }
    this.map.canvas.style.cursor = "pointer";
    tip.replaceChildren(...(hit.layer === "places" ? this.placeTip(hit.number) : this.pointTip(hit)));
    tip.hidden = false;
    const wide = this.map.width;
    tip.style.left = `${Math.min(Math.max(x + 14, 6), Math.max(wide - 250, 6))}px`;
    tip.style.top = y > this.map.height - 150 ? "auto" : `${y + 14}px`;
    tip.style.bottom = y > this.map.height - 150 ? `${this.map.height - y + 12}px` : "auto";
    if (picked && hit.layer === "places") this.mark(this.choice.kind, hit.number, {});
  }

  pointTip({ layer, number }) {
    const { report } = this;
    const data = this.map.layers[layer];
    const kind = layer === "stops" ? report.word("layer_stops") : report.text(pair(data.categories[data.category[number]]));
    const name = (data.names && data.names[number]) || kind;
    return [make("b", "", name), make("span", "quiet", name === kind ? "" : kind)];
  }

  placeTip(number) {
    const { report, column, choice } = this;
    const kind = this.kind(choice.kind);
    const parts = [make("b", "", this.placeName(choice.kind, number))];
    if (column) {
      const indicator = report.indicator(choice.indicator);
      const value = column.value(number);
      const line = make("span", "tip-value", column.findings ? `${value} ` : `${formatNumber(value)} ${report.unit(indicator.unit)}`);
      if (column.findings) line.append(report.word("findings"));
      parts.push(line);
      if (!column.findings) parts.push(report.marks(column.evidence(number), column.passes(number), column.edge(number)));
    }
    if (kind.residents) {
      const residents = kind.residents[number];
      parts.push(make("span", "quiet", residents === null
        ? report.word("residents_few")
        : `${report.word("residents")} ${formatNumber(residents)}`));
    }
    return parts;
  }

  placeName(kind, number) {
    const { report } = this;
    const { ids, names, namesZh } = this.kind(kind);
    const name = names && ((report.language === "zh" && namesZh[number]) || names[number]);
    if (name) return name;
    const own = ids[number] || "";
    return `${report.word(`one_${kind}`)} ${own.slice(own.indexOf(":") + 1)}`;
  }

  clear() {
    this.map.highlight = null;
    document.getElementById("map-card").hidden = true;
    document.getElementById("map-tip").hidden = true;
  }

  async mark(kind, number, features) {
    const geometry = await this.geometryOf(kind);
    const { layers } = this.map;
    const shapes = Object.entries(features)
      .filter(([name]) => layers[name])
      .map(([name, numbers]) => ({
        layer: layers[name],
        numbers,
        points: name === "facilities" || name === "stops",
        closed: name === "buildings",
      }));
    this.map.highlight = { geometry, number, features: shapes };
    this.map.draw();
    return shapes;
  }

  async goTo(kind, number, features = {}) {
    const shapes = await this.mark(kind, number, features);
    const geometry = await this.geometryOf(kind);
    const nowhere = [Infinity, Infinity, -Infinity, -Infinity];
    const place = number >= 0 && geometry ? [...geometry.box.slice(4 * number, 4 * number + 4)] : nowhere;
    const box = [...place];
    const far = Math.max(place[2] - place[0], place[3] - place[1], FAR_METRES / this.map.step);
    for (const { layer, numbers } of shapes) {
      for (const i of numbers) {
        const [west, south, east, north] = layer.box.slice(4 * i, 4 * i + 4);
        const beyond = Math.max(place[0] - east, west - place[2], place[1] - north, south - place[3]);
        if (number >= 0 && beyond > far) continue;
        box[0] = Math.min(box[0], west);
        box[1] = Math.min(box[1], south);
        box[2] = Math.max(box[2], east);
        box[3] = Math.max(box[3], north);
      }
    }
    if (Number.isFinite(box[0])) this.map.fit(box, Math.min(90, this.map.width / 5), 2);
  }
}

function make(tag, name = "", text = "") {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text) element.textContent = text;
  return element;
}

function option(value, text) {
  return Object.assign(document.createElement("option"), { value, textContent: text });
}

function swatch(colour, text, tag = "li") {
  const line = make(tag);
  const box = make("i");
  box.style.background = colour;
  line.append(box, text);
  return line;
}

function pair([en, zh]) {
  return { en, zh };
}
