// Times as people who use this language write them.
import { locale } from "./language.js";

const LONG = { dateStyle: "long", timeStyle: "short" };
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: LONG,
  F: { dateStyle: "full", timeStyle: "short" },
  today: { timeStyle: "short" },
  message: { dateStyle: "short", timeStyle: "short" },
};
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

function since(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}

const isToday = (moment) => moment.toDateString() === new Date().toDateString();

export function showTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    const given = time.dataset.style;
    const style = given === "message" && isToday(moment) ? "today" : given;
    time.title = moment.toLocaleString(locale, STYLES.F);
    time.textContent = style === "R" ? since(moment) : moment.toLocaleString(locale, STYLES[style] ?? LONG);
  }
}
