/** Puts the page together: three phones, the archive and the clock, on one line to the server. */

import { Archive } from "./archive.js";
import { drawNote } from "./card.js";
import { Clock } from "./clock.js";
import { flash, h, role } from "./dom.js";
import { icon } from "./icons.js";
import { stayConnected } from "./live.js";
import { Phone } from "./phone.js";
import { useZone } from "./time.js";
import { Unsent } from "./unsent.js";

const NARROW = "(max-width: 760px)";

/** @type {Map<string, Phone>} */
const phones = new Map();
const stage = role("stage");
const archive = new Archive();
const clock = new Clock(notice);
let wasConnected = true;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let noticeTimer;

const unsent = new Unsent({
  taken: (job, answer) => phones.get(job.phone)?.taken(job, answer),
  waiting: (job) => phones.get(job.phone)?.waiting(job),
  refused: (job, words) => phones.get(job.phone)?.refused(job, words),
});

/**
 * One line at the top for what belongs to no phone.
 * @param {string} words
 * @param {boolean} [stays]
 */
function notice(words, stays = false) {
  const line = role("notice");
  line.textContent = words;
  line.classList.toggle("shown", words !== "");
  clearTimeout(noticeTimer);
  if (!stays && words) noticeTimer = setTimeout(() => notice(""), 9000);
}

/** @param {Record<string, any>} state */
function showState(state) {
  useZone(state.zone);
  clock.set(state.now);
  if (phones.size === 0) build(state);
  for (const each of state.phones) phones.get(each.address)?.sync(each.messages);
  archive.show(state.archive ?? {});
}

/** @param {Record<string, any>} state */
function build(state) {
  const tools = { unsent, now: () => clock.now(), notice, openNote };
  for (const owner of state.phones) {
    const phone = new Phone(owner, state.company ?? "", tools);
    phones.set(owner.address, phone);
    stage.append(phone.element);
  }
  stage.append(archive.element);
  role("loading").remove();
  stage.setAttribute("aria-busy", "false");
  buildTabs(state.phones);
  for (const job of unsent.restore()) phones.get(job.phone)?.restore(job);
  for (const each of state.phones) {
    if (each.messages.length === 0) phones.get(each.address)?.join();
  }
}

/** @param {Record<string, any>} event */
function showEvent(event) {
  if (event.type === "message") {
    const phone = phones.get(event.message.phone);
    phone?.show(event.message, true);
    if (phone && event.message.direction === "out") clock.arrived(phone.name);
  } else if (event.type === "clock") {
    clock.set(event.now);
  } else if (event.type === "archive") {
    archive.show(event.archive);
  }
}

/** @param {boolean} up */
function showConnection(up) {
  document.documentElement.classList.toggle("offline", !up);
  if (up && !wasConnected) notice("连上了，没发出去的这就补发");
  if (!up) notice("连不上拜访，正在重连；你照常说，连上就发", true);
  if (up) unsent.wake();
  wasConnected = up;
}

/** @param {Record<string, any>[]} owners on a narrow page one pane is shown at a time */
function buildTabs(owners) {
  const tabs = role("tabs");
  /** @type {HTMLButtonElement[]} */
  const buttons = [];
  const panes = [...owners.map((each) => [each.address, each.name]), ["archive", "档案"]];
  const open = (/** @type {string} */ pane) => {
    stage.dataset.open = pane;
    for (const each of stage.children) each.classList.toggle("open", /** @type {HTMLElement} */ (each).dataset.pane === pane);
    for (const button of buttons) {
      const chosen = button.dataset.tab === pane;
      button.setAttribute("aria-selected", String(chosen));
      button.tabIndex = chosen ? 0 : -1;
      if (chosen) button.classList.remove("news");
    }
    phones.get(pane)?.toEnd();
  };
  panes.forEach(([pane, label]) => {
    const button = h(
      "button",
      { type: "button", role: "tab", "data-tab": pane, "aria-selected": "false", onclick: () => open(pane) },
      icon(pane === "archive" ? "archive" : "phone"),
      label,
    );
    buttons.push(button);
    tabs.append(button);
    const news = () => button.classList.toggle("news", stage.dataset.open !== pane);
    (phones.get(pane) ?? archive).listeners.push(news);
  });
  tabs.addEventListener("keydown", (event) => moveFocus(event, buttons, open));
  open(panes[0][0]);
}

/**
 * @param {KeyboardEvent} event
 * @param {HTMLButtonElement[]} buttons
 * @param {(pane: string) => void} open
 */
function moveFocus(event, buttons, open) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const at = buttons.findIndex((each) => each === document.activeElement);
  const next = buttons[(at + step + buttons.length) % buttons.length];
  next.focus();
  open(next.dataset.tab ?? "");
}

/**
 * The whole note with its used parts marked, in a sheet over the page.
 * @param {string} title
 * @param {import("./card.js").Segment[]} note
 */
function openNote(title, note) {
  /** @type {HTMLDialogElement} */
  const sheet = role("sheet");
  const close = h("button", { type: "button", class: "sheet-close", "aria-label": "关上", onclick: () => sheet.close() }, icon("close"));
  sheet.replaceChildren(
    h("header", {}, h("div", {}, h("h2", { id: "sheet-title" }, "整段原话"), h("p", {}, title)), close),
    h("p", { class: "note" }, ...drawNote(note)),
    h("footer", {}, h("u", {}, "画线的"), "是用到的话。"),
  );
  sheet.onclick = (event) => {
    if (event.target === sheet) sheet.close();
  };
  sheet.showModal();
  flash(sheet, "arrived", 400);
}

/** The guide is open where there is room for it, and out of the way on a phone. */
function foldGuide() {
  const guide = document.querySelector(".guide");
  if (guide && matchMedia(NARROW).matches) guide.removeAttribute("open");
}

foldGuide();
stayConnected({ state: showState, event: showEvent, connection: showConnection });
