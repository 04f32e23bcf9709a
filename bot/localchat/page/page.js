// The chat: messages as they come, channels, buttons, pictures. The command panel is composer.js.
import { Composer } from "./composer.js";
import { morph } from "./morph.js";

const as = new URLSearchParams(location.search).get("as") ?? "";
const byId = (id) => document.getElementById(id);
const messages = byId("messages");
const scroll = byId("scroll");
const unread = new Map();
let channels = [];
let current = null;
let live = false; // false while the messages that are already there come in

// asking the server

export async function ask(path, body) {
  const init = { method: "POST", body };
  if (!(body instanceof FormData)) init.body = JSON.stringify({ as, ...body });
  try {
    const response = await fetch(path, init);
    return await response.json();
  } catch {
    return { ok: false, error: "The local chat does not answer. Is it still running?" };
  }
}

const composer = new Composer(byId("composer"), { as, ask, channel: () => current?.name });

// times as this browser's reader writes them

const LONG = { dateStyle: "long", timeStyle: "short" };
const STYLES = {
  t: { timeStyle: "short" },
  T: { timeStyle: "medium" },
  d: { dateStyle: "short" },
  D: { dateStyle: "long" },
  f: LONG,
  F: { dateStyle: "full", timeStyle: "short" },
  message: { timeStyle: "short" },
};
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto" });

function since(moment) {
  const seconds = (moment - Date.now()) / 1000;
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return relative.format(Math.round(seconds / size), unit);
}

function showTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    const style = time.dataset.style;
    time.title = moment.toLocaleString(undefined, STYLES.F);
    time.textContent = style === "R" ? since(moment) : moment.toLocaleString(undefined, STYLES[style] ?? LONG);
  }
}

setInterval(() => showTimes(messages), 20_000);

// messages

const atEnd = () => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
const toEnd = () => scroll.scrollTo({ top: scroll.scrollHeight });

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function addSaveLink(article) {
  const link = document.createElement("a");
  link.className = "save";
  link.href = `/page/export/${article.dataset.message}?as=${encodeURIComponent(as)}`;
  link.textContent = "Save";
  link.title = "Save this message as a page of its own";
  article.append(link);
}

function showMessage({ id, channel, html }) {
  const follow = atEnd();
  const article = parse(html);
  const present = byId(`m${id}`);
  showTimes(article);
  addSaveLink(article);
  article.hidden = channel !== current?.id;
  if (present) {
    morph(present, article);
  } else {
    article.classList.toggle("new", live);
    messages.append(article);
    if (live && article.hidden) unread.set(channel, (unread.get(channel) ?? 0) + 1);
    showChannels();
  }
  if (follow && !article.hidden) requestAnimationFrame(toEnd);
  else if (live && !present && !article.hidden) byId("newest").hidden = false;
  showWelcome();
}

function showWelcome() {
  byId("welcome").hidden = messages.querySelector(".message:not([hidden])") !== null;
}

scroll.addEventListener("scroll", () => {
  if (atEnd()) byId("newest").hidden = true;
});
// Pictures make messages taller after they were added.
scroll.addEventListener("load", () => byId("newest").hidden && atEnd() && toEnd(), true);
byId("newest").addEventListener("click", toEnd);

// channels

function showChannels() {
  const buttons = channels.map((channel) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `#${channel.name}`;
    button.setAttribute("aria-current", String(channel.id === current?.id));
    const count = unread.get(channel.id);
    if (count) {
      const badge = document.createElement("span");
      badge.className = "unread";
      badge.textContent = count;
      badge.setAttribute("aria-label", `${count} unread`);
      button.append(badge);
    }
    button.addEventListener("click", () => openChannel(channel));
    return button;
  });
  byId("channels").replaceChildren(...buttons);
}

function openChannel(channel) {
  current = channel;
  unread.delete(channel.id);
  byId("channel").textContent = `#${channel.name}`;
  byId("topic").textContent = channel.topic;
  for (const article of messages.children) article.hidden = article.dataset.channel !== channel.id;
  showChannels();
  showWelcome();
  toEnd();
}

function showState(state) {
  byId("guild").textContent = state.guild;
  byId("person").textContent = state.person;
  document.title = state.guild;
  const status = byId("status");
  status.textContent = state.online ? `${state.bot} is online` : `${state.bot} is offline`;
  status.className = `status ${state.online ? "online" : "offline"}`;
  channels = state.channels;
  if (!current) openChannel(channels[0]);
  composer.show(state);
}

// buttons and pictures

messages.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-press]");
  if (button) {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    const { message, press } = button.dataset;
    const answer = await ask("/page/press", { message, custom_id: press });
    button.removeAttribute("aria-busy");
    composer.error(answer.ok ? "" : answer.error);
    return;
  }
  const picture = event.target.closest("[data-zoom]");
  if (picture) {
    event.preventDefault();
    zoom(picture);
  }
});

messages.addEventListener("change", async (event) => {
  const select = event.target.closest("[data-choose]");
  if (!select) return;
  const values = [...select.selectedOptions].map((option) => option.value).filter(Boolean);
  if (!values.length) return;
  const { message, choose } = select.dataset;
  const answer = await ask("/page/press", { message, custom_id: choose, values });
  composer.error(answer.ok ? "" : answer.error);
});

function zoom(picture) {
  const dialog = byId("zoom");
  const [image, caption, link] = ["img", "figcaption", "a"].map((tag) => dialog.querySelector(tag));
  image.src = picture.href;
  image.alt = caption.textContent = picture.querySelector("img").alt;
  link.href = picture.href;
  link.download = picture.download;
  dialog.showModal();
}

byId("zoom").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});

// what the server tells

const events = new EventSource(`/page/events?as=${encodeURIComponent(as)}`);
const on = (name, handle) => events.addEventListener(name, (event) => handle(JSON.parse(event.data)));
on("reset", (state) => {
  live = false;
  unread.clear();
  messages.replaceChildren();
  showState(state);
});
on("ready", () => {
  live = true;
  toEnd();
});
on("state", showState);
on("message", showMessage);
on("gone", ({ id }) => {
  byId(`m${id}`)?.remove();
  showWelcome();
});
events.addEventListener("error", () => {
  byId("status").textContent = "connection lost, trying again…";
  byId("status").className = "status offline";
});
