// The command panel: a form made from what the bot registered.
import { ask } from "./api.js";
import { busy, byId, element, isBusy, words } from "./dom.js";
import { ENTITIES, Picture, Value } from "./fields.js";
import { say } from "./language.js";
import { openModal } from "./modal.js";

const ATTACHMENT = 11;
const NARROW = matchMedia("(max-width: 56rem)");
const ELSEWHERE =
  "{bot} is not a member here. Its commands come along with people who have installed it for themselves, in every server and in direct messages.";
const FEW = 4; // so many commands stand side by side; more are a list

// The attachments to show at once: the first one for each kind of example, or the very first one.
function firstOfKinds(fields) {
  const offered = fields.filter(({ option }) => option.examples.length);
  const found = new Map();
  for (const field of offered.length ? offered : fields) {
    const kind = field.option.examples.join();
    if (!found.has(kind)) found.set(kind, field);
  }
  return [...found.values()];
}

export class Composer {
  constructor(root) {
    this.root = root;
    this.told = "";
    this.chosen = null;
    this.panels = new Map(); // by what the bot registered: what is filled in outlives a restart
  }

  // Builds the panel anew only if the commands changed: what is filled in stays.
  show(state, channel) {
    // An option can name the channels of the open one's server only.
    const place = state.places.find(({ channels }) => channels.includes(channel.id));
    this.state = { ...state, channels: state.channels.filter(({ id }) => place.channels.includes(id)) };
    this.channel = channel;
    this.commands = state.commands.filter(({ channels }) => channels.includes(channel.id));
    const absence = this.commands.length ? "" : this.absence();
    const told = JSON.stringify([this.commands, state.examples, place.channels, absence]);
    if (told === this.told) return;
    this.told = told;
    const names = this.commands.map(({ name }) => name);
    const main = this.commands.find(({ options }) => options.some(({ type }) => type === ATTACHMENT));
    this.open(names.includes(this.chosen) ? this.chosen : (main ?? this.commands[0])?.name);
  }

  open(name) {
    this.chosen = name;
    const command = this.commands.find((candidate) => candidate.name === name);
    if (!command) {
      this.button = null;
      this.root.replaceChildren(element("div", { className: "fields absent" }, ...this.absent()));
      return;
    }
    const { label, description, options } = command;
    const { examples, members, roles, channels } = this.state;
    const offered = options.some(({ type }) => ENTITIES[type]) ? [members, roles, channels] : [];
    const key = JSON.stringify([name, label, description, options, examples, offered]);
    if (!this.panels.has(key)) this.panels.set(key, this.build(command));
    const panel = this.panels.get(key);
    Object.assign(this, panel);
    this.root.classList.remove("collapsed");
    this.root.replaceChildren(...this.tabs(), panel.form);
  }

  // Turns to a command that somebody names, in any language they may see; says so if there is none.
  call(text) {
    const typed = `${text.toLowerCase()} `;
    const named = ({ name, label }) => [name, label].some((each) => typed.startsWith(`${each} `));
    const found = this.commands.filter(named).sort((one, other) => other.name.length - one.name.length)[0];
    if (!found) return this.unknown(`/${text}`);
    this.open(found.name);
    this.collapse(false);
    (this.root.querySelector(".fields > .field :is(input, select)") ?? this.button).focus();
    return "";
  }

  // Names the commands that begin alike, or else the first ones.
  unknown(name) {
    const labels = this.commands.map(({ label }) => `/${label}`);
    const near = labels.filter((label) => label.startsWith(name.toLowerCase().split(" ")[0]));
    const commands = (near.length ? near : labels).slice(0, 2 * FEW).join(", ");
    if (!commands) return say("There is no command {name} here.", { name });
    return say("There is no command {name} here. Try one of these: {commands}.", { name, commands });
  }

  // The form of a command and its parts.
  build(command) {
    const title = `/${command.label}`;
    const all = this.makeFields(command);
    const files = firstOfKinds(all.filter(({ option }) => option.type === ATTACHMENT));
    const shown = all.filter((field) => field.option.required || field.option.main || files.includes(field));
    const tucked = all.filter((field) => !shown.includes(field));
    const inner = element(
      "div",
      { className: "fields" },
      element("h2", { textContent: title }),
      element("p", { textContent: command.description }),
      ...shown.map(({ node }) => node),
    );
    if (tucked.length) inner.append(this.more(tucked));
    const close = element("button", { type: "button", className: "put-away", textContent: "✕" });
    close.setAttribute("aria-label", say("Put the command away"));
    close.addEventListener("click", () => {
      this.makeRoom();
      button.focus();
    });
    const problem = element("p", { className: "error", hidden: true, attributes: { role: "alert" } });
    const button = element("button", { className: "button", textContent: say("Run") });
    const go = element("div", { className: "go" }, problem, button, close);
    const form = element("form", { noValidate: true }, inner, go);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.root.classList.contains("collapsed")) this.collapse(false);
      else this.run(command);
    });
    return { fields: all, problem, button, form, title };
  }

  // Why there is nothing to run in the open channel.
  absence() {
    const { bot, installed } = this.state;
    if (this.channel.bot) return say("{bot} has no commands here.", { bot });
    if (installed) return say("{bot} is not a member here, and none of its commands work without it.", { bot });
    return say(ELSEWHERE, { bot });
  }

  absent() {
    const nodes = [element("h2", { textContent: say("No commands here") }), element("p", { textContent: this.absence() })];
    if (this.channel.bot || this.state.installed) return nodes;
    const button = element("button", { type: "button", className: "button", textContent: say("Install it for me…") });
    button.addEventListener("click", () => {
      byId("who").click();
      byId("you-installed").focus();
    });
    return [...nodes, button];
  }

  more(fields) {
    const inner = element("div", { className: "inner" }, ...fields.map(({ node }) => node));
    const summary = element("summary", { textContent: say("More options") });
    const details = element("details", { className: "options" }, summary, inner);
    details.addEventListener("toggle", () => details.open && details.scrollIntoView({ behavior: "smooth" }));
    return details;
  }

  tabs() {
    if (this.commands.length < 2) return [];
    if (this.commands.length > FEW) return [this.list()];
    const buttons = this.commands.map(({ name, label }) => {
      const button = element("button", { type: "button", textContent: `/${label}` });
      button.setAttribute("aria-pressed", String(name === this.chosen));
      button.addEventListener("click", () => this.open(name));
      return button;
    });
    const attributes = { role: "group", "aria-label": say("Commands") };
    return [element("div", { className: "commands", attributes }, ...buttons)];
  }

  list() {
    const options = this.commands.map(({ name, label }) =>
      element("option", { value: name, textContent: `/${label}`, selected: name === this.chosen }),
    );
    const menu = element("select", { id: "command", attributes: { "aria-label": say("Command") } }, ...options);
    menu.addEventListener("change", () => {
      this.open(menu.value);
      this.root.querySelector("#command")?.focus();
    });
    return element("div", { className: "commands field" }, menu);
  }

  makeFields(command) {
    const complete = (option, value) =>
      ask("page/complete", { command: command.name, option, value, channel: this.channel.id });
    return command.options.map((option) => {
      if (option.type !== ATTACHMENT) return new Value(option, complete, this.state);
      const examples = this.state.examples.filter(({ number }) => option.examples.includes(number));
      return new Picture(option, examples, this.state.upload_limit);
    });
  }

  error(text) {
    if (!this.problem) return;
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  // On a narrow screen the panel makes room for the answer, and for what was said before.
  collapse(collapsed, text = this.title) {
    this.root.classList.toggle("collapsed", collapsed);
    this.button.textContent = collapsed ? text : say("Run");
  }

  makeRoom() {
    if (NARROW.matches && this.button) this.collapse(true);
  }

  // Says what is missing or wrong and goes there; whether there was anything.
  complain() {
    const missing = this.fields.filter((field) => field.missing());
    const wrong = this.fields.filter((field) => field.problem);
    const names = missing.map(({ option }) => words(option.label)).join(", ");
    const told = names ? [say("Please fill in: {names}.", { names })] : [];
    this.error([...told, ...wrong.map(({ problem }) => problem)].join("\n"));
    const [first] = [...missing, ...wrong];
    first?.node.closest("details")?.setAttribute("open", "");
    first?.node.querySelector("input:not([type=range]), select")?.focus();
    return Boolean(first);
  }

  async run(command) {
    if (isBusy(this.button)) return;
    if (this.complain()) return;
    const options = {};
    const files = {};
    for (const { option, value } of this.fields) {
      if (value?.text != null) options[option.name] = value.text;
      else if (value?.example != null) options[option.name] = value.example;
      else if (value?.file) files[option.name] = [value.file];
    }
    this.error("");
    const { button } = this;
    busy(button, true);
    button.textContent = say("Sending…");
    const about = { command: command.name, channel: this.channel.id, options };
    const answer = await ask("page/run", about, files);
    busy(button, false);
    button.textContent = say("Run");
    // Somebody may have turned to another command in the meantime.
    if (button === this.button) this.collapse(answer.ok && NARROW.matches, say("{command} again", { command: this.title }));
    if (!answer.ok) this.error(answer.error);
    else if (answer.modal) openModal(answer, this.state);
  }
}
