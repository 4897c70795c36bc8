/**
 * What was typed or tapped and not yet taken by the server: kept, and tried again under the same id.
 *
 * The server answers only after the message is durable, and a second sending of the same id changes
 * nothing; so a message is never lost and never said twice, whatever dies in between.
 */

/**
 * @typedef {object} Job
 * @property {string} id the page's own name for it; the server knows it by this
 * @property {string} phone
 * @property {string} path
 * @property {Record<string, unknown>} [body] JSON; what survives a reload of the page
 * @property {FormData} [form] a recording or a picture; lives as long as the page
 */

/**
 * @typedef {object} Watcher
 * @property {(job: Job, answer: Record<string, any>) => void} taken
 * @property {(job: Job) => void} waiting the server can't be reached; it is tried again
 * @property {(job: Job, words: string) => void} refused it will never be taken
 */

const SHELF = "baifang.unsent";
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 8000;
const PATIENCE = 20_000;

export class Unsent {
  /** @param {Watcher} watcher */
  constructor(watcher) {
    this.watcher = watcher;
    /** @type {Map<string, Job[]>} */
    this.lanes = new Map();
    /** @type {Map<string, () => void>} */
    this.wakers = new Map();
    /** @type {Set<string>} */
    this.running = new Set();
  }

  /** @returns {Job[]} what an earlier visit to this page could not deliver */
  restore() {
    const jobs = readShelf();
    for (const job of jobs) this.queue(job);
    return jobs;
  }

  /** @param {Job} job */
  add(job) {
    this.queue(job);
    this.keep();
  }

  /** The server is back: try now, not when the pause is over. */
  wake() {
    for (const waker of this.wakers.values()) waker();
  }

  /** @param {string} id */
  holds(id) {
    return [...this.lanes.values()].some((lane) => lane.some((job) => job.id === id));
  }

  /** @param {Job} job */
  queue(job) {
    const lane = this.lanes.get(job.phone) ?? [];
    lane.push(job);
    this.lanes.set(job.phone, lane);
    void this.run(job.phone);
  }

  /** @param {string} phone one phone's messages leave in the order they were said */
  async run(phone) {
    if (this.running.has(phone)) return;
    this.running.add(phone);
    const lane = this.lanes.get(phone) ?? [];
    let pause = FIRST_PAUSE;
    while (lane.length > 0) {
      const job = lane[0];
      const outcome = await attempt(job);
      if (outcome.again) {
        lane.forEach(this.watcher.waiting);
        await this.rest(phone, pause);
        pause = Math.min(pause * 2, LONGEST_PAUSE);
        continue;
      }
      pause = FIRST_PAUSE;
      lane.shift();
      this.keep();
      if (outcome.words) this.watcher.refused(job, outcome.words);
      else this.watcher.taken(job, outcome.answer ?? {});
    }
    this.running.delete(phone);
  }

  /**
   * @param {string} phone
   * @param {number} milliseconds
   */
  rest(phone, milliseconds) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.wakers.delete(phone);
        resolve(undefined);
      };
      const timer = setTimeout(done, milliseconds);
      this.wakers.set(phone, done);
    });
  }

  keep() {
    const jobs = [...this.lanes.values()].flat().filter((job) => job.body);
    try {
      localStorage.setItem(SHELF, JSON.stringify(jobs));
    } catch {
      // A private window or a full disk: the queue still lives as long as the page.
    }
  }
}

/** @returns {string} a name that no other message has */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Job} job
 * @returns {Promise<{again?: boolean, words?: string, answer?: Record<string, any>}>}
 */
async function attempt(job) {
  /** @type {Response} */
  let response;
  try {
    response = await fetch(job.path, {
      method: "POST",
      headers: job.form ? {} : { "Content-Type": "application/json" },
      body: job.form ?? JSON.stringify(job.body),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return { again: true };
  }
  if (response.status >= 500 || response.status === 429) return { again: true };
  const answer = await response.json().catch(() => ({}));
  return response.ok ? { answer } : { words: answer.words || "没发出去，换个说法再试一次" };
}

/** @returns {Job[]} */
function readShelf() {
  try {
    const jobs = JSON.parse(localStorage.getItem(SHELF) ?? "[]");
    return Array.isArray(jobs) ? jobs.filter((job) => job?.id && job.phone && job.path && job.body) : [];
  } catch {
    return [];
  }
}
