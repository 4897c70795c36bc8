/** Where a person says something: by text, by voice, with a picture, or from a place. */

import { append, flash, h, role } from "./dom.js";
import { icon } from "./icons.js";
import { NO_MICROPHONE, Recorder } from "./recorder.js";

const HOLD = 350;
const TALLEST = 132;

/**
 * @typedef {object} Says
 * @property {(text: string, spoken: boolean) => void} text
 * @property {(blob: Blob, seconds: number, name: string) => void} voice
 * @property {(file: File) => void} photo
 * @property {(name: string, address: string) => void} place
 * @property {(words: string) => void} notice
 */

/**
 * @param {string} name whose phone it is
 * @param {string[]} examples
 * @param {Says} says
 * @returns {HTMLElement}
 */
export function composer(name, examples, says) {
  const area = h("textarea", {
    "data-role": "composer",
    rows: "1",
    placeholder: "说说今天见了谁",
    "aria-label": `${name}要说的话`,
    enterkeyhint: "send",
  });
  const spoken = h("input", { type: "checkbox", "data-role": "spoken" });
  const send = h("button", { type: "submit", class: "send", "data-role": "send", "aria-label": "发送", disabled: true }, icon("send"));
  const form = h(
    "form",
    { class: "composer" },
    exampleRow(examples, (text) => fill(area, text)),
    h("div", { class: "compose-row" }, microphone(says), area, send),
    tools(spoken, says),
  );
  area.addEventListener("input", () => {
    grow(area);
    send.disabled = area.value.trim() === "";
  });
  area.addEventListener("keydown", (event) => {
    // While an input method is choosing characters, Enter belongs to it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (area.value.trim() === "") return;
    says.text(area.value, spoken.checked);
    fill(area, "");
    area.focus();
  });
  return form;
}

/** @param {HTMLTextAreaElement} area */
function grow(area) {
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight + 2, TALLEST)}px`;
}

/**
 * @param {HTMLTextAreaElement} area
 * @param {string} text
 */
function fill(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input"));
}

/**
 * @param {string[]} examples
 * @param {(text: string) => void} choose
 */
function exampleRow(examples, choose) {
  if (examples.length === 0) return null;
  const chips = examples.map((text) =>
    h("button", { type: "button", class: "chip", title: text, onclick: (/** @type {Event} */ event) => {
      choose(text);
      role("composer", /** @type {Element} */ (event.currentTarget).closest("form") ?? document).focus();
    } }, text),
  );
  return h("div", { class: "examples", role: "group", "aria-label": "可以这样说" }, h("span", { class: "examples-label", "aria-hidden": "true" }, "试试说"), ...chips);
}

/**
 * @param {HTMLInputElement} spoken
 * @param {Says} says
 */
function tools(spoken, says) {
  return h(
    "div",
    { class: "tools" },
    upload("传录音", "wave", "audio/*,.amr,.m4a,.mp3,.wav,.ogg", (file) => says.voice(file, 0, file.name)),
    upload("传图片", "picture", "image/*", says.photo),
    placeTool(says),
    h("label", { class: "spoken", title: "这段字当作语音转写的结果发出去" }, spoken, h("span", {}, "当语音说")),
  );
}

/**
 * @param {string} label
 * @param {"wave" | "picture"} mark
 * @param {string} accept
 * @param {(file: File) => void} use
 */
function upload(label, mark, accept, use) {
  const input = h("input", { type: "file", accept, class: "visually-hidden", tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    if (file) use(file);
    input.value = "";
  });
  const button = h("button", { type: "button", class: "tool", title: label, "aria-label": label, onclick: () => input.click() }, icon(mark));
  return h("span", {}, button, input);
}

/** @param {Says} says */
function placeTool(says) {
  const name = h("input", { type: "text", "data-role": "place-name", placeholder: "地点，比如宏远包装", "aria-label": "地点名称", maxlength: "60" });
  const address = h("input", { type: "text", placeholder: "地址，可以不填", "aria-label": "地址", maxlength: "120" });
  const panel = h("div", { class: "place-form", hidden: true });
  const button = h(
    "button",
    { type: "button", class: "tool", title: "发位置", "aria-label": "发位置", "aria-expanded": "false" },
    icon("pin"),
  );
  const open = (/** @type {boolean} */ yes) => {
    panel.hidden = !yes;
    button.setAttribute("aria-expanded", String(yes));
    if (yes) name.focus();
  };
  const go = () => {
    if (name.value.trim() === "") return name.focus();
    says.place(name.value.trim(), address.value.trim());
    name.value = address.value = "";
    open(false);
  };
  for (const input of [name, address]) {
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape") open(false);
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      go();
    });
  }
  button.addEventListener("click", () => open(panel.hidden));
  append(panel, [name, address, h("button", { type: "button", class: "button normal", "data-role": "place-send", onclick: go }, "发位置")]);
  return h("span", { class: "place-tool" }, button, panel);
}

/**
 * Hold to talk and let go to send, or tap to begin and tap again to send.
 * @param {Says} says
 */
function microphone(says) {
  const recorder = new Recorder();
  const label = h("span", { class: "mic-time" });
  const button = h("button", { type: "button", class: "mic", "data-role": "mic", "aria-label": "录音", "aria-pressed": "false" }, icon("mic"), label);
  let pressedAt = 0;
  /** @type {Promise<void> | null} */
  let starting = null;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let counter;

  const begin = async () => {
    starting = recorder.start();
    await starting;
    button.classList.add("recording");
    button.setAttribute("aria-pressed", "true");
    button.setAttribute("aria-label", "停下并发送");
    counter = setInterval(() => (label.textContent = `${Math.floor(recorder.seconds)}″`), 250);
  };
  const end = async () => {
    await starting;
    clearInterval(counter);
    const recorded = await recorder.stop();
    button.classList.remove("recording");
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", "录音");
    label.textContent = "";
    if (recorded) says.voice(recorded.blob, recorded.seconds, "");
  };
  const complain = (/** @type {unknown} */ wrong) => {
    starting = null;
    flash(button, "shake", 500);
    says.notice(wrong instanceof Error && wrong.message === NO_MICROPHONE ? NO_MICROPHONE : "没录上，再试一次");
  };

  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || recorder.recording) return;
    button.setPointerCapture(event.pointerId);
    pressedAt = performance.now();
    begin().catch(complain);
  });
  button.addEventListener("pointerup", () => {
    const held = pressedAt > 0 && performance.now() - pressedAt > HOLD;
    if (held && starting) end().catch(() => undefined);
  });
  button.addEventListener("click", (event) => {
    const byPointer = pressedAt > 0 && event.detail > 0;
    pressedAt = 0;
    if (byPointer) return;
    (recorder.recording ? end() : begin()).catch(complain);
  });
  return button;
}
