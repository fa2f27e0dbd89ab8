// The report: language, links into it, and what belongs together.

class Report {
  constructor(model, findings) {
    this.model = model;
    this.root = document.documentElement;
    this.words = JSON.parse(document.getElementById("words").textContent);
    this.units = JSON.parse(document.getElementById("units").textContent);
    this.language = this.root.dataset.language;
    this.byId = new Map(model.indicators.map((one) => [one.id, one]));
    this.panel = new MapPanel(this);
    this.findings = new FindingList(this, findings, model.shortfalls);
    this.tables = new PlaceTables(this);
    this.selected = {};
    document.getElementById("language").addEventListener("click", () => {
      this.speak(this.language === "zh" ? "en" : "zh");
      this.writeHash();
    });
    document.getElementById("print").addEventListener("click", () => window.print());
    document.getElementById("hide-missing").addEventListener("change", (event) => {
      document.body.classList.toggle("hide-missing", event.target.checked);
    });
    window.addEventListener("hashchange", () => this.readHash());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        if (document.body.classList.contains("map-open")) this.panel.open(false);
        else this.clearSelection();
      }
    });
  }

  word(key) {
    return this.words[key][this.language === "zh" ? 1 : 0];
  }

  unit(name) {
    const chinese = this.units[name];
    if (chinese === "") return ""; // a pure number
    return (this.language === "zh" && chinese) || name;
  }

  text(pairOfTexts) {
    return pairOfTexts[this.language];
  }

  indicator(id) {
    return this.byId.get(id) || null;
  }

  articleNumbers() {
    return [...new Set(this.model.indicators.map((one) => one.article))].sort((a, b) => a - b);
  }

  articleTitle(number) {
    const title = document.getElementById(`article-${number}-title`);
    if (!title) return String(number);
    const own = title.querySelector(`.${this.language}`);
    return `${number} ${own ? own.textContent : title.textContent.replace(/^\d+/, "")}`;
  }

  marks(evidence, passes, edge) {
    const line = make("span", "marks");
    if (passes !== null) line.append(make("span", `chip ${passes ? "keeps" : "breaks"}`, this.word(passes ? "verdict_keeps" : "verdict_breaks")));
    if (evidence) line.append(make("span", `evidence ${evidence}`, this.word(evidence)));
    if (edge > 0) line.append(make("span", "mark edge", `${this.word("edge_mark")} ${Math.round(100 * edge)} %`));
    return line;
  }

  speak(language) {
    this.language = language;
    this.root.dataset.language = language;
    this.root.lang = language === "zh" ? "zh-Hans" : "en";
    for (const name of ["aria-label", "placeholder", "title"]) {
      for (const element of document.querySelectorAll(`[data-${name}-en]`)) {
        element.setAttribute(name, element.getAttribute(`data-${name}-${language}`));
      }
    }
    this.findings.translate();
    this.tables.translate();
    this.panel.layerList();
    this.panel.show({});
    if (this.selected.finding) this.findings.card(this.findings.select(this.selected.finding));
  }

  async showIndicator(id) {
    this.panel.clear();
    this.selected = { indicator: id };
    this.writeHash();
    this.openMapOnPhones();
    await this.panel.show({ indicator: id, variant: "" });
    this.panel.map.whole();
  }

  async showPlace(indicator, kind, number) {
    this.panel.clear();
    this.openMapOnPhones();
    await this.panel.show({ indicator, variant: "", kind });
    await this.panel.goTo(kind, number);
  }

  async showFinding(id) {
    const one = this.findings.select(id);
    if (!one) return;
    this.selected = { finding: id };
    this.writeHash();
    this.openMapOnPhones();
    this.panel.clear();
    const kind = one.kind === "city" ? this.panel.fineKind(one.indicator, one.variant) : one.kind;
    await this.panel.show({ indicator: one.indicator, variant: one.variant, kind });
    this.findings.card(one);
    await this.panel.goTo(one.kind, one.place, one.features);
  }

  clearSelection() {
    this.selected = {};
    this.findings.select("");
    this.panel.clear();
    this.panel.map.draw();
    this.writeHash();
  }

  openMapOnPhones() {
    if (getComputedStyle(document.getElementById("open-map")).display !== "none") this.panel.open(true);
  }

  openIndicator(id) {
    const details = document.getElementById(`indicator-${id}`);
    if (!details) return;
    if (details.classList.contains("without") && document.body.classList.contains("hide-missing")) {
      document.getElementById("hide-missing").click();
    }
    this.tables.reveal(details);
    this.panel.open(false);
    details.open = true;
    details.scrollIntoView({ block: "start" });
    details.querySelector("summary").focus({ preventScroll: true });
    this.selected = { indicator: id };
    this.panel.show({ indicator: id, variant: "" });
  }

  writeHash() {
    const parts = [this.language];
    for (const [name, value] of Object.entries(this.selected)) parts.push(`${name}=${encodeURIComponent(value)}`);
    history.replaceState(null, "", `#${parts.join("&")}`);
  }

  readHash() {
    for (const part of location.hash.slice(1).split("&").filter(Boolean)) {
      const [name, value] = part.split("=", 2).map(decodeURIComponent);
      if (name === "en" || name === "zh") {
        if (name !== this.language) this.speak(name);
      } else if (name === "indicator") this.openIndicator(value);
      else if (name === "finding") this.showFinding(value);
      else document.getElementById(name)?.scrollIntoView();
    }
  }
}

async function start() {
  if (typeof DecompressionStream === "undefined") {
    document.getElementById("too-old").hidden = false;
    return;
  }
  const [model, findings] = [await unpackJson("model"), await unpackJson("findings")];
  const report = new Report(model, findings);
  report.findings.translate();
  await report.panel.load();
  report.readHash();
  document.documentElement.dataset.ready = "true";
}

start();
