/** Builds elements from text only: nothing that somebody said can become markup. */

/**
 * @typedef {Node | string | number | false | null | undefined} Child
 */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, unknown>} [props] attributes; `on…` are listeners, `class` a class list, true an empty attribute
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function h(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on") && typeof value === "function") {
      made.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else {
      made.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(made, children);
  return made;
}

/**
 * @param {Element} parent
 * @param {(Child | Child[])[]} children
 */
export function append(parent, children) {
  for (const child of children.flat()) {
    if (child === false || child === null || child === undefined || child === "") continue;
    parent.append(child instanceof Node ? child : String(child));
  }
}

/**
 * Restarts a CSS animation that a class carries, and takes the class off afterwards.
 * @param {Element} element
 * @param {string} name
 * @param {number} [milliseconds]
 */
export function flash(element, name, milliseconds = 2600) {
  element.classList.remove(name);
  requestAnimationFrame(() => {
    element.classList.add(name);
    setTimeout(() => element.classList.remove(name), milliseconds);
  });
}

/**
 * @template {Element} [T=HTMLElement]
 * @param {string} role
 * @param {ParentNode} [inside]
 * @returns {T}
 */
export function role(role, inside = document) {
  const found = inside.querySelector(`[data-role="${role}"]`);
  if (!found) throw new Error(`no element with the role ${role}`);
  return /** @type {T} */ (found);
}
