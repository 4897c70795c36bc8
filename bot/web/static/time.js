/** Writes moments as the card book does: 4月29日 周三 15:00, in the company's time zone. */

let zone = "Asia/Shanghai";

/** @param {string} name */
export function useZone(name) {
  zone = name;
}

/**
 * @param {Date} moment
 * @returns {Record<string, string>}
 */
function parts(moment) {
  const format = new Intl.DateTimeFormat("zh-CN", {
    timeZone: zone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(moment).map((each) => [each.type, each.value]));
}

/** @param {Date} moment */
export function clockText(moment) {
  const at = parts(moment);
  return `${at.year}年${at.month}月${at.day}日 ${at.weekday} ${at.hour}:${at.minute}`;
}

/** @param {Date} moment */
export function dayText(moment) {
  const at = parts(moment);
  return `${at.month}月${at.day}日 ${at.weekday}`;
}

/** @param {Date} moment */
export function hourText(moment) {
  const at = parts(moment);
  return `${at.hour}:${at.minute}`;
}

/**
 * The line between two messages, where one is due: another day, or ten minutes of silence.
 * @param {Date | null} before
 * @param {Date} at
 */
export function divider(before, at) {
  const sameDay = before !== null && dayText(before) === dayText(at);
  if (before && sameDay && at.getTime() - before.getTime() < 10 * 60_000) return "";
  return sameDay ? hourText(at) : `${dayText(at)} ${hourText(at)}`;
}
