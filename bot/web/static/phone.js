/** One phone: its chat, its composer, and what it said that the server has not taken yet. */

import { drawContent } from "./bubble.js";
import { composer } from "./composer.js";
import { flash, h } from "./dom.js";
import { icon } from "./icons.js";
import { divider } from "./time.js";
import { newId } from "./unsent.js";

const THINKING = 12_000;
const PATIENCE = 6000;
const NEAR_END = 120;

/**
 * @typedef {object} Held
 * @property {HTMLElement} row
 * @property {number} revision
 * @property {Date} at
 */

/**
 * @typedef {object} Tools
 * @property {import("./unsent.js").Unsent} unsent
 * @property {() => Date} now the demo's time
 * @property {(words: string) => void} notice
 * @property {(title: string, note: import("./card.js").Segment[]) => void} openNote
 */

export class Phone {
  /**
   * @param {Record<string, any>} owner
   * @param {string} company
   * @param {Tools} tools
   */
  constructor(owner, company, tools) {
    this.address = owner.address;
    this.name = owner.name;
    this.tools = tools;
    /** @type {Map<number, Held>} */
    this.messages = new Map();
    /** @type {Map<string, HTMLElement>} rows that were said here and have no number yet */
    this.pending = new Map();
    /** @type {Map<string, HTMLButtonElement>} */
    this.tapped = new Map();
    /** @type {(() => void)[]} */
    this.listeners = [];
    this.thinking = h("li", { class: "thinking", hidden: true }, h("span", { class: "bubble", role: "img", "aria-label": "正在整理" }, h("i"), h("i"), h("i")));
    this.list = h("ol", { class: "messages", role: "log", "aria-label": `${owner.name}和拜访的聊天` }, this.thinking);
    this.chat = h("div", { class: "chat", tabindex: "0", "aria-label": "聊天记录" }, this.list);
    this.more = h("button", { type: "button", class: "to-end", hidden: true, onclick: () => this.toEnd() }, "有新消息", icon("down"));
    this.element = h(
      "section",
      { class: "phone", "data-phone": owner.address, "data-pane": owner.address, "aria-label": `${owner.name}的手机` },
      h(
        "header",
        { class: "phone-head" },
        h("span", { class: "avatar", "aria-hidden": "true" }, owner.name.slice(-1)),
        h("div", {}, h("h2", {}, owner.name), h("p", {}, [owner.role, company].filter(Boolean).join(" · "))),
        h("span", { class: "peer" }, "和", h("b", {}, "拜访"), "聊天"),
      ),
      h("div", { class: "chat-frame" }, this.chat, this.more),
      composer(owner.name, owner.examples ?? [], {
        text: (text, spoken) => this.say(text, spoken),
        voice: (blob, seconds, name) => this.sayVoice(blob, seconds, name),
        photo: (file) => this.showPhoto(file),
        place: (name, address) => this.share(name, address),
        notice: tools.notice,
      }),
    );
    this.chat.addEventListener("scroll", () => {
      if (this.nearEnd()) this.more.hidden = true;
    }, { passive: true });
  }

  // -- what the server says ---------------------------------------------------------------------

  /**
   * Shows what the phone holds, after the page was opened or had lost its line.
   * @param {Record<string, any>[]} messages
   */
  sync(messages) {
    const first = this.messages.size === 0;
    for (const message of messages) this.show(message, !first);
    if (first) this.toEnd();
  }

  /**
   * Shows one message: new, or in the place of its earlier revision. Twice is the same as once.
   * @param {Record<string, any>} message
   * @param {boolean} live
   */
  show(message, live) {
    const held = this.messages.get(message.id);
    if (held) {
      if (message.revision <= held.revision) return;
      this.replace(held, message);
    } else {
      this.insert(message, live);
    }
    if (message.direction === "out") this.answered();
    if (live) for (const listener of this.listeners) listener();
  }

  /**
   * @param {Held} held
   * @param {Record<string, any>} message
   */
  replace(held, message) {
    const follow = this.nearEnd();
    held.revision = message.revision;
    held.row.dataset.revision = String(message.revision);
    held.row.dataset.thread = message.thread;
    held.row.replaceChildren(this.draw(message));
    flash(held.row, "replaced");
    if (follow) this.toEnd();
  }

  /**
   * @param {Record<string, any>} message
   * @param {boolean} live
   */
  insert(message, live) {
    const follow = this.nearEnd();
    const own = message.client ? this.pending.get(message.client) : undefined;
    const row = own ?? h("li", {});
    if (own) this.pending.delete(message.client);
    row.className = `row ${message.direction}`;
    row.dataset.message = String(message.id);
    row.dataset.thread = message.thread;
    row.dataset.revision = String(message.revision);
    row.dataset.kind = message.kind;
    row.replaceChildren(this.draw(message));
    const at = new Date(message.at);
    this.place(row, message.id, at);
    this.messages.set(message.id, { row, revision: message.revision, at });
    if (live && !own) flash(row, "arrived", 700);
    if (follow || own) this.toEnd();
    else if (live) this.more.hidden = false;
  }

  /**
   * Puts the row where its number belongs: before the next higher one, above what is not sent yet.
   * @param {HTMLElement} row
   * @param {number} id
   * @param {Date} at
   */
  place(row, id, at) {
    const lower = [...this.messages.keys()].filter((each) => each < id);
    const before = lower.length > 0 ? this.messages.get(Math.max(...lower)) : undefined;
    const words = divider(before?.at ?? null, at);
    const next = before ? before.row.nextSibling : this.list.firstChild;
    this.list.insertBefore(row, next);
    if (words) this.list.insertBefore(h("li", { class: "divider" }, h("time", { datetime: at.toISOString() }, words)), row);
  }

  /** @param {Record<string, any>} message */
  draw(message) {
    return drawContent(message, {
      tap: (button, action, picked, typed) => this.tap(button, message.id, action, picked, typed),
      openNote: this.tools.openNote,
    });
  }

  // -- what the person does ---------------------------------------------------------------------

  /**
   * @param {string} text
   * @param {boolean} spoken
   */
  say(text, spoken) {
    const shown = spoken ? { kind: "voice", content: { text } } : { kind: "text", content: text };
    this.send("/play/say", { text, spoken }, shown);
  }

  /**
   * @param {string} name
   * @param {string} address
   */
  share(name, address) {
    this.send("/play/place", { name, address }, { kind: "location", content: { name, address } });
  }

  /**
   * @param {Blob} blob
   * @param {number} seconds
   * @param {string} name
   */
  sayVoice(blob, seconds, name) {
    const content = { file: URL.createObjectURL(blob), seconds };
    this.sendForm("/play/voice", blob, { seconds: seconds.toFixed(1) }, name || "voice", { kind: "voice", content });
  }

  /** @param {File} file */
  showPhoto(file) {
    const content = { file: URL.createObjectURL(file), name: file.name };
    this.sendForm("/play/photo", file, {}, file.name, { kind: "image", content });
  }

  /** Tells the bot that somebody is here for the first time; once, however often the page is opened. */
  join() {
    const id = `join-${[...this.address].map((each) => (/[A-Za-z0-9_]/.test(each) ? each : each.codePointAt(0)?.toString(16))).join("")}`;
    this.tools.unsent.add({ id: id.slice(0, 64), phone: this.address, path: "/play/join", body: { phone: this.address, id: id.slice(0, 64) } });
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {number} message
   * @param {string} action
   * @param {string[]} picked
   * @param {Record<string, string>} typed
   */
  tap(button, message, action, picked, typed) {
    const id = newId();
    button.setAttribute("aria-busy", "true");
    button.textContent = "在办";
    this.tapped.set(id, button);
    this.tools.unsent.add({ id, phone: this.address, path: "/play/click", body: { phone: this.address, id, message, action, picked, typed } });
  }

  /**
   * @param {string} path
   * @param {Record<string, unknown>} fields
   * @param {{kind: string, content: unknown}} shown
   */
  send(path, fields, shown) {
    const id = newId();
    this.expect(id, shown);
    this.tools.unsent.add({ id, phone: this.address, path, body: { phone: this.address, id, ...fields } });
  }

  /**
   * @param {string} path
   * @param {Blob} blob
   * @param {Record<string, string>} fields
   * @param {string} name
   * @param {{kind: string, content: unknown}} shown
   */
  sendForm(path, blob, fields, name, shown) {
    const id = newId();
    const form = new FormData();
    for (const [key, value] of Object.entries({ phone: this.address, id, ...fields })) form.set(key, value);
    form.set("file", blob, name);
    this.expect(id, shown);
    this.tools.unsent.add({ id, phone: this.address, path, form });
  }

  // -- between the two --------------------------------------------------------------------------

  /**
   * Shows what was just said at once, marked as on its way.
   * @param {string} id
   * @param {{kind: string, content: unknown}} shown
   */
  expect(id, shown) {
    const row = h("li", { class: "row in pending", "data-message": id, "data-thread": "", "data-kind": shown.kind });
    row.append(this.draw({ id, ...shown }), h("p", { class: "fate" }, "在发"));
    this.pending.set(id, row);
    this.list.insertBefore(row, this.thinking);
    this.toEnd();
  }

  /**
   * Shows what an earlier visit to the page could not deliver.
   * @param {import("./unsent.js").Job} job
   */
  restore(job) {
    const body = job.body ?? {};
    if (this.pending.has(job.id)) return;
    if (job.path === "/play/say") {
      this.expect(job.id, body.spoken ? { kind: "voice", content: { text: body.text } } : { kind: "text", content: body.text });
    } else if (job.path === "/play/place") {
      this.expect(job.id, { kind: "location", content: body });
    }
  }

  /** @param {import("./unsent.js").Job} job */
  waiting(job) {
    this.fate(job.id, "连不上，连上就发", "waiting");
    const button = this.tapped.get(job.id);
    if (button) button.textContent = "连上就办";
  }

  /**
   * @param {import("./unsent.js").Job} job
   * @param {Record<string, any>} answer
   */
  taken(job, answer) {
    if (answer.message) this.show(answer.message, true);
    const button = this.tapped.get(job.id);
    this.tapped.delete(job.id);
    if (button) {
      button.textContent = "在办";
      setTimeout(() => this.release(button), PATIENCE);
    } else if (job.path !== "/play/join") {
      this.think();
    }
  }

  /**
   * @param {import("./unsent.js").Job} job
   * @param {string} words
   */
  refused(job, words) {
    const button = this.tapped.get(job.id);
    this.tapped.delete(job.id);
    if (button) this.release(button);
    if (!this.fate(job.id, words, "refused")) this.tools.notice(words);
  }

  /**
   * No button stays dead: what was not replaced can be tapped again.
   * @param {HTMLButtonElement} button
   */
  release(button) {
    button.removeAttribute("aria-busy");
    button.textContent = button.dataset.label ?? "";
  }

  /**
   * @param {string} id
   * @param {string} words
   * @param {string} mark
   */
  fate(id, words, mark) {
    const row = this.pending.get(id);
    const line = row?.querySelector(".fate");
    if (!row || !line) return false;
    row.classList.add(mark);
    line.textContent = words;
    return true;
  }

  think() {
    clearTimeout(this.thinkingTimer);
    this.list.append(this.thinking);
    this.thinking.hidden = false;
    this.thinkingTimer = setTimeout(() => this.answered(), THINKING);
    this.toEnd();
  }

  answered() {
    clearTimeout(this.thinkingTimer);
    this.thinking.hidden = true;
  }

  nearEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.chat;
    return scrollHeight - scrollTop - clientHeight < NEAR_END;
  }

  toEnd() {
    this.more.hidden = true;
    this.chat.scrollTop = this.chat.scrollHeight;
  }
}
