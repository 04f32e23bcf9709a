// The chat: messages as they come, and what can be done with each of them.
import { ask } from "./api.js";
import { startChoosers } from "./chooser.js";
import { Composer } from "./composer.js";
import { announce, as, byId, complain, element } from "./dom.js";
import { showIdentity } from "./identity.js";
import { say } from "./language.js";
import { openMenu } from "./menu.js";
import { openModal } from "./modal.js";
import { morph } from "./morph.js";
import { Places } from "./places.js";
import { showTimes } from "./times.js";
import { showEnd, showNew } from "./view.js";
import { startWriter } from "./writer.js";

const messages = byId("messages");
const scroll = byId("scroll");
const composer = new Composer(byId("composer"));
const places = new Places({ opened: showChannel });
let state = null;
let live = false; // false while the messages that are already there come in

startWriter(
  () => places.current,
  (command) => composer.call(command),
);
startChoosers(messages, (about) => act("page/press", about));
setInterval(() => showTimes(messages), 20_000);

// Does something for the person, and shows what comes of it.
async function act(path, about) {
  const answer = await ask(path, about);
  complain(answer.ok ? "" : answer.error);
  if (answer.modal) openModal(answer, state);
}

// messages

const firstLine = (article) => article.querySelector(".text")?.innerText.trim().split("\n")[0] ?? "";

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

function addMenuButton(article) {
  const button = element("button", { type: "button", className: "more", textContent: "⋯" });
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-label", say("Menu of {name}’s message", article.dataset));
  article.append(button);
}

// A command that a message names is pressed like a button.
function addCommands(article) {
  for (const mention of article.querySelectorAll("[data-command]")) {
    const { className, dataset, textContent } = mention;
    mention.replaceWith(element("button", { type: "button", className, dataset, textContent }));
  }
}

function showMessage({ id, channel, html }) {
  const article = parse(html);
  const present = byId(`m${id}`);
  showTimes(article);
  addMenuButton(article);
  addCommands(article);
  article.hidden = channel !== places.current?.id;
  if (present) {
    const before = firstLine(present);
    const focused = document.activeElement;
    const inside = present.contains(focused);
    morph(present, article);
    // What was pressed may be gone or disabled now; the next key must not press something else.
    if (inside && (focused.disabled || !focused.isConnected)) {
      present.querySelector(".more").focus({ preventScroll: true });
    }
    const now = firstLine(present);
    if (live && !present.hidden && now !== before) announce(now);
  } else {
    article.classList.toggle("new", live);
    messages.append(article);
    if (live && article.hidden) places.count(channel);
  }
  if (live && !present && !article.hidden) showNew(article, state.user);
  showWelcome();
}

function showWelcome() {
  byId("welcome").hidden = messages.querySelector(".message:not([hidden])") !== null;
}

function showChannel(channel) {
  for (const article of messages.children) article.hidden = article.dataset.channel !== channel.id;
  if (state) composer.show(state, channel);
  showWelcome();
  showEnd();
}

// the menu of a message: its button, a right click, a long press, the keyboard's menu key

function itemsOf({ message, channel, author, name }, forward) {
  const here = state.menus.filter(({ channels }) => channels.includes(channel));
  const items = here.filter(({ on }) => on === "message").map(({ name: command, label }) => ({
    text: label,
    act: () => act("page/use", { command, message }),
  }));
  const person = state.members.some(({ id }) => id === author);
  for (const { name: command, label, on } of here) {
    if (on !== "member" || !person) continue;
    items.push({ text: `${label} (${name})`, act: () => act("page/use", { command, member: name, channel }) });
  }
  const ephemeral = byId(`m${message}`).classList.contains("ephemeral");
  if (!ephemeral) items.push({ text: say("Forward…"), act: forward });
  items.push({ text: say("Save as a page"), act: () => location.assign(savePath(message)) });
  const moderator = state.channels.find(({ id }) => id === channel)?.moderator;
  if (author === state.user || ephemeral || moderator) {
    items.push({ text: say("Delete message"), act: () => act("page/delete", { message }) });
  }
  return items;
}

function targetsOf({ message, channel }) {
  return state.channels.filter(({ id }) => id !== channel).map(({ id, name }) => ({
    text: name,
    act: () => act("page/forward", { message, channel: id }),
  }));
}

const savePath = (message) => `page/export/${message}?as=${encodeURIComponent(as)}`;

function openMessageMenu(article, x, y, back) {
  const label = say("{name}’s message", article.dataset);
  const forward = () => openMenu({ x, y, back, label: say("Forward to"), items: targetsOf(article.dataset) });
  openMenu({ x, y, back, label, items: itemsOf(article.dataset, forward) });
}

messages.addEventListener("contextmenu", (event) => {
  const article = event.target.closest(".message");
  if (!article || event.target.closest("a[href], input, label, select, video")) return;
  event.preventDefault();
  const box = event.target.getBoundingClientRect();
  // From the keyboard there is no place of a pointer.
  const [x, y] = event.clientX || event.clientY ? [event.clientX, event.clientY] : [box.left, box.bottom];
  openMessageMenu(article, x, y, document.activeElement);
});

// buttons, select menus, pictures

messages.addEventListener("click", async (event) => {
  const target = event.target;
  const more = target.closest(".more");
  if (more) {
    const box = more.getBoundingClientRect();
    openMessageMenu(more.closest(".message"), box.right - 200, box.bottom + 4, more);
    return;
  }
  const button = target.closest("[data-press]");
  if (button) {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    const { message, press } = button.dataset;
    await act("page/press", { message, custom_id: press });
    button.removeAttribute("aria-busy");
    return;
  }
  const command = target.closest("button[data-command]");
  if (command) complain(composer.call(command.dataset.command));
  const picture = target.closest("[data-zoom]");
  if (picture) {
    event.preventDefault();
    zoom(picture);
  }
});

messages.addEventListener("change", async (event) => {
  const select = event.target.closest("select[data-choose]");
  if (!select) return;
  const values = [...select.selectedOptions].map((option) => option.value).filter(Boolean);
  const { message, choose } = select.dataset;
  if (values.length) await act("page/press", { message, custom_id: choose, values });
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

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("mousedown", (event) => {
    if (event.target === dialog) dialog.close();
  });
}
byId("problem").querySelector("button").addEventListener("click", () => complain(""));

// what the server tells

function showState(told) {
  state = told;
  const status = byId("status");
  status.textContent = say(state.online ? "{bot} is online" : "{bot} is offline", state);
  status.className = `status ${state.online ? "online" : "offline"}`;
  byId("welcome-title").textContent = state.welcome.title;
  byId("welcome-text").textContent = state.welcome.text;
  showIdentity(state);
  places.show(state);
  composer.show(state, places.current);
}

// On a narrow screen the command's panel is put away by Escape and by a tap beside it.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) composer.makeRoom();
});
document.addEventListener("pointerdown", ({ target }) => {
  if (!target.closest("#composer, dialog, .menu")) composer.makeRoom();
});

const events = new EventSource(`page/events?as=${encodeURIComponent(as)}`);
const on = (name, handle) => events.addEventListener(name, (event) => handle(JSON.parse(event.data)));
on("reset", (told) => {
  live = false;
  places.unread.clear();
  messages.replaceChildren();
  showState(told);
});
on("ready", () => {
  live = true;
  if (byId("welcome").hidden) composer.makeRoom();
  showEnd();
});
on("state", showState);
on("message", showMessage);
on("gone", ({ id }) => {
  const article = byId(`m${id}`);
  if (article?.contains(document.activeElement)) scroll.focus({ preventScroll: true });
  article?.remove();
  showWelcome();
});
events.addEventListener("error", () => {
  const trying = events.readyState !== EventSource.CLOSED;
  byId("status").textContent = trying
    ? say("connection lost, trying again…")
    : say("The chat is at another address now: take the one it printed last.");
  byId("status").className = "status offline";
});
