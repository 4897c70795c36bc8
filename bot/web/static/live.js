/** The page's line to the server: events as they happen, and everything anew after each reconnection. */

const FIRST_PAUSE = 400;
const LONGEST_PAUSE = 6000;

/**
 * @param {object} on
 * @param {(state: Record<string, any>) => void} on.state
 * @param {(event: Record<string, any>) => void} on.event
 * @param {(up: boolean) => void} on.connection
 */
export function stayConnected(on) {
  let pause = FIRST_PAUSE;

  function again() {
    on.connection(false);
    // Spread out, so that many pages don't come back in the same instant.
    setTimeout(connect, pause * (0.75 + Math.random() / 2));
    pause = Math.min(pause * 1.8, LONGEST_PAUSE);
  }

  function connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/play/live`);
    /** @type {Record<string, any>[] | null} events that came before the state; null once it is there */
    let early = [];
    socket.addEventListener("open", async () => {
      // The socket is open before the state is read, so that no event falls between the two;
      // an event that the state already holds is recognised by its revision.
      try {
        on.state(await readState());
      } catch {
        socket.close();
        return;
      }
      const waited = early ?? [];
      early = null;
      waited.forEach(on.event);
      pause = FIRST_PAUSE;
      on.connection(true);
    });
    socket.addEventListener("message", (message) => {
      const event = JSON.parse(message.data);
      if (early) early.push(event);
      else on.event(event);
    });
    socket.addEventListener("close", again);
  }

  connect();
}

/** @returns {Promise<Record<string, any>>} */
async function readState() {
  const response = await fetch("/play/state", { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`state: ${response.status}`);
  return response.json();
}
