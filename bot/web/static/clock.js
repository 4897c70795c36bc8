/** The demo's clock: shows it, moves it forward, and says what that set off. */

import { role } from "./dom.js";
import { clockText } from "./time.js";

/** @type {Record<string, Record<string, unknown>>} */
const MOVES = {
  "+1h": { hours: 1 },
  "+1d": { days: 1 },
  "+1w": { days: 7 },
  morning: { to: "morning" },
};

const WATCHED = 8000;

export class Clock {
  /** @param {(words: string) => void} notice */
  constructor(notice) {
    this.notice = notice;
    this.ahead = 0;
    /** @type {Map<string, number> | null} */
    this.heard = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.watch = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.end = undefined;
    this.face = role("now");
    for (const button of document.querySelectorAll("button[data-clock]")) {
      button.addEventListener("click", () => void this.move(/** @type {HTMLButtonElement} */ (button)));
    }
    setInterval(() => this.draw(), 1000);
  }

  /** @param {string} now the server's time */
  set(now) {
    this.ahead = new Date(now).getTime() - Date.now();
    this.draw();
  }

  now() {
    return new Date(Date.now() + this.ahead);
  }

  draw() {
    const text = clockText(this.now());
    if (this.face.textContent !== text) this.face.textContent = text;
    this.face.setAttribute("datetime", this.now().toISOString());
  }

  /** @param {string} name somebody's phone got a message; told where the clock was just moved */
  arrived(name) {
    this.heard?.set(name, (this.heard.get(name) ?? 0) + 1);
  }

  /** @param {HTMLButtonElement} button */
  async move(button) {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const heard = new Map();
    this.heard = heard;
    this.forget();
    try {
      const response = await fetch("/play/clock", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(MOVES[button.dataset.clock ?? ""]),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.words);
      this.set(answer.now);
      this.report(heard);
    } catch {
      this.notice("时间没拨动，等连上再试");
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  /** The move before says nothing any more. */
  forget() {
    clearInterval(this.watch);
    clearTimeout(this.end);
  }

  /**
   * @param {Map<string, number>} heard grows while messages come in
   */
  report(heard) {
    this.forget();
    const at = `拨到 ${clockText(this.now())}`;
    const say = () => {
      const told = [...heard].map(([name, count]) => `${name}收到 ${count} 条`);
      return told.length > 0 ? `${at}：${told.join("，")}` : "";
    };
    let said = say() || `${at}，看看谁会收到提醒…`;
    this.notice(said);
    this.watch = setInterval(() => {
      if (!say() || say() === said) return;
      said = say();
      this.notice(said);
    }, 400);
    this.end = setTimeout(() => {
      this.forget();
      if (!say()) this.notice(`${at}，这段时间没有要提醒的`);
      if (this.heard === heard) this.heard = null;
    }, WATCHED);
  }
}
