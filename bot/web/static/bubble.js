/** Draws one message of a chat: text, a card, or what was recorded, photographed or pinned. */

import { drawCard } from "./card.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";

const LONG = 600;

/**
 * @param {Record<string, any>} message
 * @param {import("./card.js").Taps} taps
 * @returns {HTMLElement}
 */
export function drawContent(message, taps) {
  const draw = DRAWERS[message.kind] ?? other;
  return draw(message.content, message, taps);
}

/** @type {Record<string, (content: any, message: Record<string, any>, taps: import("./card.js").Taps) => HTMLElement>} */
const DRAWERS = {
  text: (content) => bubble(longText(content)),
  card: (content, message, taps) => drawCard(content, taps, String(message.id)),
  voice,
  image,
  location: place,
  file: (content) => bubble(icon("file"), h("span", {}, content.name || "文件")),
};

/** @param {...(Node | string | null)} children */
function bubble(...children) {
  return h("div", { class: "bubble" }, ...children);
}

/** @param {string} text a very long text is folded, and all of it is there */
function longText(text) {
  if (text.length <= LONG) return h("p", { class: "words" }, text);
  const words = h("p", { class: "words folded" }, text);
  const unfold = h(
    "button",
    { type: "button", class: "unfold", onclick: () => (words.classList.remove("folded"), unfold.remove()) },
    `展开，共 ${text.length.toLocaleString("zh-CN")} 字`,
  );
  return h("div", {}, words, unfold);
}

/** @param {any} content a recording, a transcript, or both */
function voice(content) {
  const parts = [];
  if (content.file) {
    parts.push(h("audio", { controls: true, preload: "none", src: fileUrl(content.file), "aria-label": "录音" }));
  }
  if (content.text) parts.push(longText(content.text));
  const seconds = content.seconds ? `${Math.max(1, Math.round(content.seconds))}″` : "";
  const head = h("span", { class: "voice-head" }, icon("wave"), h("span", {}, seconds || "语音"));
  return h("div", { class: "bubble voice" }, head, ...parts);
}

/** @param {any} content */
function image(content) {
  const name = content.name || "照片";
  if (!content.file) return bubble(icon("picture"), h("span", {}, name));
  const img = h("img", { src: fileUrl(content.file), alt: name, loading: "lazy" });
  return h("div", { class: "bubble photo" }, img);
}

/** @param {any} content */
function place(content) {
  return h(
    "div",
    { class: "bubble place" },
    h("span", { class: "place-map", "aria-hidden": "true" }, icon("pin")),
    h("p", {}, h("b", {}, content.name), content.address && h("small", {}, content.address)),
  );
}

/** @param {any} content */
function other(content) {
  const words = typeof content === "string" ? content : content?.name || content?.text || content?.kind || "消息";
  return bubble(h("span", { class: "other" }, words));
}

/** @param {string} key a blob: link is a picture or recording that is not sent yet */
function fileUrl(key) {
  return key.startsWith("blob:") ? key : `/play/file/${encodeURIComponent(key)}`;
}
