// The table by place of an opened indicator.

const ROWS_AT_FIRST = 8;

class PlaceTables {
  constructor(report) {
    this.report = report;
    document.addEventListener("toggle", (event) => {
      if (event.target.matches?.("details.indicator") && event.target.open) this.fill(event.target);
    }, true);
    document.addEventListener("click", (event) => {
      const show = event.target.closest("[data-show]");
      if (show) report.showIndicator(show.dataset.show);
      const list = event.target.closest("[data-findings]");
      if (list) report.findings.onlyIndicator(list.dataset.findings);
    });
    this.search = document.getElementById("indicator-search");
    this.search.addEventListener("input", () => this.filter());
    document.getElementById("indicator-filters").addEventListener("submit", (event) => event.preventDefault());
  }

  // Leave the indicators whose title, definition or id holds every word that is looked for.
  filter() {
    const words = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const article of document.querySelectorAll("section.article")) {
      let some = false;
      for (const details of article.querySelectorAll("details.indicator")) {
        const told = [".title", ".definition"].map((part) => details.querySelector(part).textContent);
        const text = `${told.join(" ")} ${details.dataset.indicator}`.toLowerCase();
        const fits = words.every((word) => text.includes(word));
        details.classList.toggle("unmatched", !fits);
        some ||= fits;
        found += fits;
      }
      article.classList.toggle("unmatched", !some);
    }
    const count = document.getElementById("indicator-count");
    count.hidden = !words.length;
    count.textContent = this.report.word("indicators_found").replace("{count}", formatNumber(found));
  }

  // Show an indicator that a search has put away.
  reveal(details) {
    if (!details.classList.contains("unmatched")) return;
    this.search.value = "";
    this.filter();
  }

  translate() {
    this.filter();
    for (const details of document.querySelectorAll("details.indicator[open]")) this.fill(details);
  }

  async fill(details) {
    const { report } = this;
    const box = details.querySelector(".by-place");
    const indicator = report.indicator(details.dataset.indicator);
    const variants = indicator.variants.filter(([name]) => report.panel.kindsWith(indicator.id, name).length);
    const tables = [];
    for (const kind of ["district", "community"]) {
      if (!report.panel.kind(kind) || !variants.length) continue;
      const values = await report.panel.valuesOf(kind);
      const columns = variants
        .map(([name, en, zh]) => ({ title: report.text({ en, zh }), column: values.column(indicator.id, name) }))
        .filter((one) => one.column);
      if (columns.length) tables.push(this.table(indicator, kind, columns, values.count, false));
    }
    box.replaceChildren(...tables);
  }

  table(indicator, kind, columns, count, whole) {
    const { report } = this;
    const lead = columns[0].column;
    const order = [...Array(count).keys()].filter((i) => Number.isFinite(lead.value(i)));
    const upward = indicator.better !== "lower";
    order.sort((a, b) => (upward ? lead.value(a) - lead.value(b) : lead.value(b) - lead.value(a)));
    const table = make("table", "slim places");
    const head = table.createTHead().insertRow();
    const cell = (text, name = "") => {
      const th = make("th", name, text);
      th.scope = "col";
      head.append(th);
    };
    cell(report.word(`kind_${kind}`));
    for (const { title } of columns) cell(columns.length > 1 ? title : report.word("value"), "n");
    const body = table.createTBody();
    for (const i of whole ? order : order.slice(0, ROWS_AT_FIRST)) body.append(this.row(indicator, kind, columns, i));
    const part = make("div");
    part.append(table);
    if (!whole && order.length > ROWS_AT_FIRST) {
      const more = make("button", "plain more", `${report.word("show_all")} (${order.length})`);
      more.type = "button";
      more.addEventListener("click", () => part.replaceWith(this.table(indicator, kind, columns, count, true)));
      part.append(more);
    }
    return part;
  }

  row(indicator, kind, columns, i) {
    const { report } = this;
    const row = document.createElement("tr");
    const name = make("th");
    name.scope = "row";
    const button = make("button", "link", report.panel.placeName(kind, i));
    button.type = "button";
    button.addEventListener("click", () => report.showPlace(indicator.id, kind, i));
    name.append(button);
    row.append(name);
    for (const { column } of columns) {
      const value = column.value(i);
      const cell = make("td", "n");
      const box = make("i", "swatch");
      box.style.background = column.colours[column.classOf(value)] || MISSING;
      cell.append(box, `${formatNumber(value)} `, make("span", "unit", report.unit(indicator.unit)));
      row.append(cell);
    }
    return row;
  }
}
