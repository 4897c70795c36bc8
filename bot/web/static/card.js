/** Draws every part of a card; what it does not hold is not shown. */

import { h } from "./dom.js";

/** @typedef {{text: string, used: boolean}} Segment */

/**
 * @typedef {object} Taps
 * @property {(button: HTMLButtonElement, action: string, picked: string[], typed: Record<string, string>) => void} tap
 * @property {(title: string, note: Segment[]) => void} openNote
 */

/**
 * @param {Record<string, any>} card
 * @param {Taps} taps
 * @param {string} name makes the radio group's name unique on the page
 * @returns {HTMLElement}
 */
export function drawCard(card, taps, name) {
  const titleId = `title-${name}`;
  const drawn = h("article", {
    class: card.done ? "card done" : "card",
    "data-card": card.kind,
    "aria-labelledby": titleId,
  });
  drawn.append(
    ...present(
      card.flag && h("p", { class: "flag" }, h("span", { class: "flag-mark", "aria-hidden": "true" }, "!"), card.flag),
      h(
        "header",
        { class: "card-head" },
        h("h3", { id: titleId }, ...ticked(card.title)),
        card.subtitle && h("p", { class: "subtitle" }, card.subtitle),
      ),
      picture(card.picture),
      facts(card),
      quote(card, taps),
      card.body && h("p", { class: "body" }, card.body),
      choice(card.choice, name),
      form(card.form, name),
      buttons(card, taps, drawn),
      menu(card.menu, taps, drawn),
      card.page && h("p", { class: "page" }, openLink(card.page, "打开整页")),
      card.footer && h("p", { class: "footer" }, card.footer),
    ),
  );
  return drawn;
}

/** @param {Segment[]} note */
export function drawNote(note) {
  return note.map((part) => (part.used ? h("mark", {}, part.text) : part.text));
}

/**
 * @param {...any} parts
 * @returns {HTMLElement[]}
 */
function present(...parts) {
  return parts.filter((part) => part instanceof HTMLElement);
}

/** @param {string} title a tick in front gets the colour of what is done; it stays a character */
function ticked(title) {
  if (!title.startsWith("✓")) return [title];
  return [h("span", { class: "tick" }, "✓"), title.slice(1)];
}

/** @param {Record<string, any>} card */
function facts(card) {
  if (card.lines.length + card.changes.length === 0) return null;
  return h(
    "dl",
    { class: "facts" },
    ...card.lines.map((/** @type {any} */ line) => fact(line.label, [lineValue(line)], line.evidence)),
    ...card.changes.map((/** @type {any} */ change) => fact(change.label, changeValue(change), change.evidence)),
  );
}

/**
 * @param {string} label
 * @param {(Node | string)[]} value
 * @param {string} evidence the note's words behind a value that was worked out
 */
function fact(label, value, evidence) {
  return h(
    "div",
    { class: "fact" },
    h("dt", {}, label),
    h("dd", {}, h("span", { class: "value" }, ...value), evidence && evidenceOf(evidence)),
  );
}

/** @param {string} evidence */
function evidenceOf(evidence) {
  const words = evidence.replace(/^←?[“"]?|[”"]?$/g, "");
  return h(
    "span",
    { class: "evidence" },
    h("span", { class: "visually-hidden" }, "，原话是"),
    h("span", { "aria-hidden": "true" }, "← "),
    "“",
    h("u", {}, words),
    "”",
  );
}

/** @param {any} line */
function lineValue(line) {
  return line.link ? openLink(line.link, line.value) : line.value;
}

/** @param {any} change */
function changeValue(change) {
  return [
    h("span", { class: "before" }, h("span", { class: "visually-hidden" }, "原来 "), change.before),
    h("span", { class: "arrow", "aria-hidden": "true" }, "→"),
    h("span", { class: "after" }, h("span", { class: "visually-hidden" }, "，改成 "), change.after),
  ];
}

/**
 * @param {Record<string, any>} card
 * @param {Taps} taps
 */
function quote(card, taps) {
  if (!card.quote) return null;
  const { parts, whole } = card.quote;
  const words = h("p", {}, "“", ...drawNote(parts), "”");
  if (whole.length === 0) return h("blockquote", { class: "quote" }, words);
  const open = h(
    "button",
    { type: "button", class: "quote-open", onclick: () => taps.openNote(card.title, whole) },
    "看整段原话",
  );
  return h("blockquote", { class: "quote" }, words, open);
}

/** @param {{url: string, alt: string} | null} shown a picture that fails leaves its words */
function picture(shown) {
  if (!shown) return null;
  const figure = h("figure", { class: "picture" });
  const words = h("figcaption", {}, shown.alt);
  if (shown.url) {
    const img = h("img", { src: shown.url, alt: shown.alt, loading: "lazy" });
    img.addEventListener("error", () => img.replaceWith(words));
    if (shown.link) {
      // A code: on a real phone it is scanned, here a touch on it will do.
      const scan = h("a", { class: "scan", href: shown.link, target: "_blank", rel: "noopener noreferrer" }, img);
      scan.append(h("span", {}, "点一下，就当客户扫了"));
      figure.append(scan);
    } else {
      figure.append(img);
    }
  } else {
    figure.append(words);
  }
  return figure;
}

/**
 * @param {any} asked
 * @param {string} name
 */
function choice(asked, name) {
  if (!asked) return null;
  const type = asked.several ? "checkbox" : "radio";
  return h(
    "fieldset",
    { class: "choice" },
    h("legend", {}, asked.title),
    ...asked.options.map((/** @type {any} */ option) =>
      h(
        "label",
        {},
        h("input", { type, name: `choice-${name}`, value: option.id, checked: option.chosen, "data-choice": true }),
        h("span", {}, option.label),
      ),
    ),
  );
}

const KEYBOARDS = { number: "decimal", tel: "tel" };

/**
 * @param {any} asked
 * @param {string} name
 */
function form(asked, name) {
  if (!asked) return null;
  return h(
    "div",
    { class: "form" },
    ...asked.inputs.map((/** @type {any} */ input) => {
      const hintId = `hint-${name}-${input.id}`;
      return h(
        "label",
        {},
        h("span", { class: "input-label" }, input.label),
        h("input", {
          // A number field would drop “30万”; the right keyboard is all that is wanted of it.
          type: input.kind === "number" ? "text" : input.kind,
          inputmode: /** @type {Record<string, string>} */ (KEYBOARDS)[input.kind],
          value: input.value,
          "data-typed": input.id,
          "aria-describedby": input.hint && hintId,
          autocomplete: "off",
          onkeydown: submitOnEnter,
        }),
        input.hint && h("small", { id: hintId }, input.hint),
      );
    }),
  );
}

/** @param {KeyboardEvent} event */
function submitOnEnter(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  const card = /** @type {HTMLElement} */ (event.target).closest(".card");
  /** @type {HTMLButtonElement | null | undefined} */ (card?.querySelector("button[data-action]"))?.click();
}

/**
 * @param {Record<string, any>} card
 * @param {Taps} taps
 * @param {HTMLElement} drawn
 */
function buttons(card, taps, drawn) {
  if (card.buttons.length === 0) return null;
  return h("div", { class: "buttons" }, ...card.buttons.map((/** @type {any} */ each) => button(each, taps, drawn)));
}

/**
 * @param {any[]} entries
 * @param {Taps} taps
 * @param {HTMLElement} drawn
 */
function menu(entries, taps, drawn) {
  if (entries.length === 0) return null;
  return h(
    "details",
    { class: "menu" },
    h("summary", {}, "更多"),
    h("div", { class: "menu-entries" }, ...entries.map((each) => button(each, taps, drawn))),
  );
}

/**
 * @param {any} shown
 * @param {Taps} taps
 * @param {HTMLElement} drawn
 */
function button(shown, taps, drawn) {
  if (shown.link) return openLink(shown.link, shown.label, `button ${shown.weight}`);
  const made = h(
    "button",
    { type: "button", class: `button ${shown.weight}`, "data-action": shown.action, "data-label": shown.label },
    shown.label,
  );
  made.addEventListener("click", () => {
    if (made.getAttribute("aria-busy") !== "true") taps.tap(made, shown.action, picked(drawn), typed(drawn));
  });
  return made;
}

/**
 * @param {string} link
 * @param {string} label
 * @param {string} [kind]
 */
function openLink(link, label, kind = "link") {
  return h(
    "a",
    { class: kind, href: link, target: "_blank", rel: "noopener noreferrer" },
    label,
    h("span", { "aria-hidden": "true", class: "away" }, "↗"),
    h("span", { class: "visually-hidden" }, "（打开新页）"),
  );
}

/** @param {HTMLElement} drawn */
function picked(drawn) {
  const chosen = drawn.querySelectorAll("input[data-choice]:checked");
  return [...chosen].map((each) => /** @type {HTMLInputElement} */ (each).value);
}

/** @param {HTMLElement} drawn */
function typed(drawn) {
  const inputs = /** @type {NodeListOf<HTMLInputElement>} */ (drawn.querySelectorAll("input[data-typed]"));
  return Object.fromEntries([...inputs].map((each) => [each.dataset.typed ?? "", each.value]));
}
