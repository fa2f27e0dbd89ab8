// The list of findings: filtered, searched, and shown on the map when chosen.

const FINDINGS_A_PAGE = 25;

class FindingList {
  constructor(report, findings, shortfalls) {
    this.report = report;
    this.findings = findings;
    const gravest = new Map(findings.map((one) => [one.id, one]));
    this.shortfalls = shortfalls.map((one) => ({ ...gravest.get(one.id), ...one }));
    this.list = document.getElementById("finding-list");
    this.only = "";
    if (!this.list) return;
    this.search = document.getElementById("finding-search");
    this.article = document.getElementById("finding-article");
    this.order = document.getElementById("finding-order");
    this.more = document.getElementById("finding-more");
    this.search.addEventListener("input", () => this.filter());
    for (const choice of [this.article, this.order]) {
      choice.addEventListener("change", () => {
        this.only = "";
        this.filter();
      });
    }
    document.getElementById("finding-filters").addEventListener("submit", (event) => event.preventDefault());
    this.more.addEventListener("click", () => this.page());
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("button[data-id]");
      if (row?.dataset.indicator) this.onlyIndicator(row.dataset.indicator);
      else if (row) report.showFinding(row.dataset.id);
    });
  }

  translate() {
    if (!this.list) return;
    const { report } = this;
    const chosen = this.article.value;
    const numbers = [...new Set(this.findings.map((one) => one.article))].sort((a, b) => a - b);
    this.article.replaceChildren(
      option("", report.word("findings_all")),
      ...numbers.map((number) => option(String(number), report.articleTitle(number))),
    );
    this.article.value = chosen;
    const order = this.order.value || "indicator";
    this.order.replaceChildren(...["indicator", "place"].map((one) => option(one, report.word(`findings_by_${one}`))));
    this.order.value = order;
    this.filter();
  }

  onlyIndicator(id) {
    this.only = id;
    this.article.value = "";
    this.search.value = "";
    this.filter();
    document.getElementById("findings").scrollIntoView();
    const gravest = this.chosen[0];
    if (gravest) this.report.panel.show({ indicator: id, variant: gravest.variant, kind: gravest.kind });
  }

  placeName(one) {
    return one.place < 0 ? "" : this.report.panel.placeName(one.kind, one.place);
  }

  filter() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const article = Number(this.article.value);
    this.gathered = !this.only && !words.length && this.order.value === "indicator";
    this.chosen = (this.gathered ? this.shortfalls : this.findings).filter((one) => {
      if (this.only && one.indicator !== this.only) return false;
      if (article && one.article !== article) return false;
      if (!words.length) return true;
      const text = `${one.en} ${one.zh} ${one.id} ${this.placeName(one)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
    this.shown = 0;
    this.list.replaceChildren();
    this.page();
  }

  page() {
    const { report } = this;
    const next = this.chosen.slice(this.shown, this.shown + FINDINGS_A_PAGE);
    this.list.append(...next.map((one, i) => this.row(one, this.shown + i + 1)));
    this.shown += next.length;
    this.more.hidden = this.shown >= this.chosen.length;
    const count = document.getElementById("finding-count");
    count.textContent = this.chosen.length
      ? report.word(this.gathered ? "findings_shown_gathered" : "findings_shown")
        .replace("{shown}", formatNumber(this.shown)).replace("{all}", formatNumber(this.chosen.length))
      : report.word("findings_none");
    if (this.only) {
      const all = make("button", "chip-button", `${report.text(report.indicator(this.only))} ×`);
      all.type = "button";
      all.setAttribute("aria-label", report.word("map_clear"));
      all.addEventListener("click", () => {
        this.only = "";
        this.filter();
      });
      count.append(" ", all);
    }
  }

  row(one, rank) {
    const { report } = this;
    const item = make("li");
    const button = make("button", "finding");
    button.type = "button";
    button.dataset.id = one.id;
    const main = make("span", "main");
    const title = make("span", "title");
    title.append(make("b", "", report.text(report.indicator(one.indicator) || one)));
    const many = this.gathered && one.places > 1;
    if (many) button.dataset.indicator = one.indicator;
    const where = many ? this.extent(one) : make("span", "where", this.placeName(one));
    main.append(title, where, this.measure(one, many), this.marks(one));
    button.append(make("span", "rank", String(rank)), main, this.affected(one));
    item.append(button);
    return item;
  }

  extent(one) {
    const { report } = this;
    const of = report.word("count_of").replace("{count}", formatNumber(one.places)).replace("{all}", formatNumber(one.placesOfKind));
    return make("span", "where", of.replace("{kind}", report.word(`kind_${one.kind}`).toLowerCase()));
  }

  measure(one, many) {
    const { report } = this;
    const sign = { at_least: "≥", at_most: "≤" }[one.comparison] || "";
    const line = make("span", "measure");
    if (one.value !== null && !many) line.append(make("b", "", formatNumber(one.value)), ` ${report.unit(one.unit)}`);
    if (one.threshold !== null) {
      const limit = `${sign} ${formatNumber(one.threshold)} ${report.unit(one.thresholdUnit)}`;
      line.append(make("span", "quiet", `${many ? "" : " · "}${report.word("rule")} ${limit}`));
    }
    if (one.featureCount && !many) {
      line.append(make("span", "quiet", ` · ${formatNumber(one.featureCount)} ${report.word("features_count")}`));
    }
    return line;
  }

  marks(one) {
    const marks = this.report.marks(one.evidence, null, 0);
    if (one.edge) marks.append(make("span", "mark edge", this.report.word("edge_mark")));
    if (one.certainty === "check") marks.append(make("span", "mark check", this.report.word("certainty_check")));
    return marks;
  }

  affected(one) {
    const { report } = this;
    const box = make("span", "affected");
    if (one.suppressed) box.append(make("span", "quiet small", report.word("residents_few")));
    else if (one.residents === null) box.append(make("span", "quiet small", report.word("residents_unknown")));
    else box.append(make("b", "", formatNumber(Math.round(one.residents))), make("span", "quiet small", report.word("residents_affected")));
    return box;
  }

  card(one) {
    const { report } = this;
    const card = document.getElementById("map-card");
    const close = make("button", "plain close", "×");
    close.type = "button";
    close.setAttribute("aria-label", report.word("map_clear"));
    close.addEventListener("click", () => report.clearSelection());
    const link = make("a", "", report.word("definition"));
    link.href = `#indicator=${encodeURIComponent(one.indicator)}`;
    card.replaceChildren(
      close,
      make("b", "", report.text(report.indicator(one.indicator) || one)),
      make("span", "where", this.placeName(one)),
      make("p", "", report.text(one)),
      this.marks(one),
      link,
    );
    card.hidden = false;
  }

  select(id) {
    const one = this.findings.find((finding) => finding.id === id);
    if (!one) return null;
    for (const row of document.querySelectorAll("button.finding")) {
      row.toggleAttribute("aria-current", row.dataset.id === id);
    }
    return one;
  }
}
