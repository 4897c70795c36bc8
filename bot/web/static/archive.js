/** The archive as it grows: customers, visits, next steps and the trail; what just changed stands out. */

import { flash, h } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {Record<string, any>} Row */

/**
 * @typedef {object} Part
 * @property {string} key where its rows are in the archive
 * @property {string} title
 * @property {string} empty
 * @property {(row: Row) => string} id
 * @property {(row: Row) => HTMLElement} draw
 */

/** @type {Part[]} */
const PARTS = [
  { key: "tasks", title: "下一步", empty: "还没有答应过什么", id: (row) => `task-${row.id}`, draw: task },
  { key: "visits", title: "拜访", empty: "还没记过拜访", id: (row) => `visit-${row.id}`, draw: visit },
  { key: "customers", title: "客户", empty: "还没有客户", id: (row) => `customer-${row.id}`, draw: customer },
  { key: "trail", title: "轨迹", empty: "谁做了什么，会写在这", id: (row) => `trail-${row.id ?? `${row.at}${row.who}${row.what}`}`, draw: trail },
];

export class Archive {
  constructor() {
    /** @type {Map<string, string>} each row as it was last drawn */
    this.known = new Map();
    this.drawnOnce = false;
    /** @type {(() => void)[]} */
    this.listeners = [];
    /** @type {Map<string, {section: HTMLElement, rows: HTMLElement, count: HTMLElement, chip: HTMLElement}>} */
    this.parts = new Map();
    this.body = h("div", { class: "archive-body", tabindex: "0", "aria-label": "档案内容" });
    const chips = h("nav", { class: "archive-chips", "aria-label": "档案目录" });
    for (const part of PARTS) this.build(part, chips);
    this.element = h(
      "section",
      { class: "archive", "data-pane": "archive", "aria-label": "档案" },
      h("header", { class: "archive-head" }, icon("archive"), h("div", {}, h("h2", {}, "档案"), h("p", {}, "点了保存，这里就跟着变"))),
      chips,
      this.body,
    );
  }

  /**
   * @param {Part} part
   * @param {HTMLElement} chips
   */
  build(part, chips) {
    const rows = h("ul", { class: "rows" });
    const count = h("span", { class: "count" });
    const section = h("section", { class: `part part-${part.key}` }, h("h3", {}, part.title, count), rows);
    const chipCount = h("span", { class: "count" });
    const chip = h(
      "button",
      { type: "button", class: "chip", onclick: () => (this.body.scrollTop = section.offsetTop - this.body.offsetTop) },
      part.title,
      chipCount,
    );
    chips.append(chip);
    this.body.append(section);
    this.parts.set(part.key, { section, rows, count, chip });
  }

  /** @param {Record<string, Row[]>} archive */
  show(archive) {
    /** @type {HTMLElement | null} */
    let firstChange = null;
    for (const part of PARTS) {
      const changed = this.fill(part, archive[part.key] ?? []);
      // The trail grows with everything; it is no reason to scroll away from what is being read.
      if (part.key !== "trail") firstChange ??= changed;
    }
    if (this.drawnOnce && firstChange) {
      for (const listener of this.listeners) listener();
      this.reveal(firstChange);
    }
    this.drawnOnce = true;
  }

  /**
   * @param {Part} part
   * @param {Row[]} rows
   * @returns {HTMLElement | null} the first row that is new or different
   */
  fill(part, rows) {
    const place = this.parts.get(part.key);
    if (!place) return null;
    const items = rows.map((row) => part.draw(row));
    place.rows.replaceChildren(...(items.length > 0 ? items : [h("li", { class: "empty" }, part.empty)]));
    place.count.textContent = String(rows.length || "");
    const badge = place.chip.querySelector(".count");
    if (badge) badge.textContent = String(rows.length || "");
    /** @type {HTMLElement | null} */
    let first = null;
    rows.forEach((row, index) => {
      if (this.mark(part.id(row), items[index])) first ??= items[index];
    });
    if (first && this.drawnOnce) flash(place.chip, "fresh", 3200);
    return first;
  }

  /**
   * Lights up a row that is new, or the fields of a row that differ from before.
   * @param {string} id
   * @param {HTMLElement} item
   */
  mark(id, item) {
    const before = this.known.get(id);
    const fields = [...item.querySelectorAll("[data-field]")];
    const now = JSON.stringify(fields.map((each) => [each.getAttribute("data-field"), each.textContent]));
    this.known.set(id, now);
    if (!this.drawnOnce || before === now) return false;
    if (before === undefined) {
      flash(item, "fresh", 4000);
      return true;
    }
    const old = new Map(JSON.parse(before));
    for (const field of fields) {
      if (old.get(field.getAttribute("data-field")) !== field.textContent) flash(field, "fresh", 4000);
    }
    return true;
  }

  /** @param {HTMLElement} item not while somebody is reading here */
  reveal(item) {
    if (this.element.matches(":hover, :focus-within")) return;
    const from = this.body.getBoundingClientRect();
    const at = item.getBoundingClientRect();
    if (at.top < from.top || at.bottom > from.bottom) this.body.scrollTop += at.top - from.top - 48;
  }
}

/** @param {Row} row */
function customer(row) {
  const contacts = (row.contacts ?? []).map((/** @type {Row} */ each) =>
    h(
      "span",
      { class: each.left ? "contact left" : "contact", "data-field": `contact-${each.name}` },
      h("b", {}, each.name),
      each.title && ` ${each.title}`,
      each.left ? " 不在那边了" : each.phone && h("span", { class: "number" }, ` ${each.phone}`),
    ),
  );
  return h(
    "li",
    { class: "entry", "data-customer": row.id },
    h(
      "div",
      { class: "entry-head" },
      field("name", row.name, "b"),
      badge("grade", row.grade && `${String(row.grade).replace(/级$/, "")}级`),
      badge("stage", row.stage, "is-stage"),
      badge("status", quiet(row.status, ["active", "正式客户"])),
    ),
    line("legal", row.legal_name === row.name ? "" : row.legal_name),
    line("aliases", row.aliases?.length ? `也叫 ${words(row.aliases)}` : ""),
    contacts.length > 0 && h("p", { class: "contacts" }, ...contacts),
    h("p", { class: "entry-foot" }, field("money", words(row.money), "span", "money"), field("owner", row.owner && `${row.owner}在跟`), field("last", row.last && `上次 ${row.last}`)),
  );
}

/** @param {Row} row */
function visit(row) {
  return h(
    "li",
    { class: "entry", "data-visit": row.id, "data-state": row.state },
    h("div", { class: "entry-head" }, field("customer", row.customer, "b"), badge("method", row.method), badge("stage", row.stage, "is-stage"), badge("state", quiet(row.state, ["filed", "saved", "已记"]), "is-state")),
    line("when", [row.day, row.person].filter(Boolean).join(" · ")),
    line("contacts", words(row.contacts) && `见了 ${words(row.contacts)}`),
    line("money", words(row.money), "money"),
    line("next", words(row.next) && `下一步 ${words(row.next)}`),
  );
}

/** @param {Row} row */
function task(row) {
  const done = ["done", "办完", "办完了"].includes(row.state);
  return h(
    "li",
    { class: done ? "entry task done" : "entry task", "data-task": row.id, "data-state": row.state },
    h("span", { class: "box", "aria-hidden": "true" }, done ? "✓" : ""),
    h(
      "div",
      {},
      h("div", { class: "entry-head" }, field("what", row.what, "b"), badge("state", done ? "办完了" : quiet(row.state, ["open", "待办"]), "is-state")),
      h("p", { class: "entry-foot" }, field("due", row.due, "span", "due"), field("customer", row.customer), field("person", row.person)),
    ),
  );
}

/** @param {Row} row */
function trail(row) {
  return h("li", { class: "trail" }, h("time", {}, row.at), h("p", { "data-field": "what" }, h("b", {}, row.who), " ", row.what));
}

/**
 * @param {string} name
 * @param {string | undefined | null | false} text
 * @param {"span" | "b"} [tag]
 * @param {string} [kind]
 */
function field(name, text, tag = "span", kind = "") {
  return text ? h(tag, { "data-field": name, class: kind || false }, text) : null;
}

/**
 * @param {string} name
 * @param {string | undefined | null | false} text
 * @param {string} [kind]
 */
function badge(name, text, kind = "") {
  return text ? h("span", { class: `badge ${kind}`.trim(), "data-field": name }, text) : null;
}

/**
 * @param {string} name
 * @param {string | undefined | null | false} text
 * @param {string} [kind]
 */
function line(name, text, kind = "") {
  return text ? h("p", { class: kind || false, "data-field": name }, text) : null;
}

/**
 * The usual state needs no word.
 * @param {string | undefined} state
 * @param {string[]} usual
 */
function quiet(state, usual) {
  return state && !usual.includes(state) ? state : "";
}

/**
 * Any of the shapes that the archive's lists have, as words.
 * @param {unknown} value
 * @returns {string}
 */
function words(value) {
  if (!value) return "";
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join("、");
  if (typeof value === "object") {
    const each = /** @type {Row} */ (value);
    return [each.kind, each.text ?? each.what ?? each.name].filter(Boolean).join(" ");
  }
  return String(value);
}
