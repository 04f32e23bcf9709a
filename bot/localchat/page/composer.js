// The command panel: a form made from what the bot registered.

const STRING = 3;
const INTEGER = 4;
const BOOLEAN = 5;
const NUMBER = 10;
const ATTACHMENT = 11;
const NARROW = matchMedia("(max-width: 56rem)");
const KINDS = ["photo", "style"];

function element(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, dataset);
  node.append(...children);
  return node;
}

const words = (name) => name.replaceAll("_", " ");

// One attachment: a file of one's own, dropped or chosen, or one of the examples.
class Picture {
  constructor(option, examples, limit) {
    this.option = option;
    this.limit = limit;
    this.input = element("input", { type: "file" });
    this.input.setAttribute("aria-label", `${words(option.name)}: choose a file`);
    this.drop = element("div", { className: "drop" });
    this.input.addEventListener("change", () => this.input.files[0] && this.choose(this.input.files[0]));
    for (const name of ["dragenter", "dragover"]) {
      this.drop.addEventListener(name, (event) => {
        event.preventDefault();
        this.drop.classList.add("over");
      });
    }
    for (const name of ["dragleave", "drop"]) {
      this.drop.addEventListener(name, () => this.drop.classList.remove("over"));
    }
    this.drop.addEventListener("drop", (event) => {
      event.preventDefault();
      const [file] = event.dataTransfer.files;
      if (file) this.choose(file);
    });
    this.strip = element("div", { className: "examples" });
    this.strip.setAttribute("role", "group");
    this.strip.setAttribute("aria-label", `Examples for ${words(option.name)}`);
    for (const example of examples) this.strip.append(this.exampleButton(example));
    const head = element("div", { className: "head", textContent: words(option.name) });
    const hint = element("div", { className: "hint", textContent: option.description });
    this.node = element("div", { className: "field attachment" }, head, hint, this.drop);
    if (examples.length) this.node.append(this.strip);
    this.show(null, null);
  }

  exampleButton(example) {
    const source = `/page/example/${example.number}`;
    const image = element("img", { src: source, alt: "", loading: "lazy" });
    const button = element("button", { type: "button", title: `${example.name}\n${example.credit}` }, image);
    button.setAttribute("aria-label", example.name);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      this.value = { example: example.number };
      this.show(source, example.name);
      button.setAttribute("aria-pressed", "true");
    });
    return button;
  }

  choose(file) {
    if (file.size > this.limit) {
      this.value = null;
      this.show(null, null, `${file.name} is too large`);
      return;
    }
    this.value = { file };
    this.show(file.type.startsWith("image/") ? URL.createObjectURL(file) : null, file.name);
  }

  show(source, name, problem) {
    for (const button of this.strip.children) button.setAttribute("aria-pressed", "false");
    if (this.shown?.startsWith("blob:")) URL.revokeObjectURL(this.shown);
    this.shown = source;
    this.drop.classList.toggle("filled", Boolean(name));
    this.drop.classList.toggle("wrong", Boolean(problem));
    const parts = [];
    if (source) parts.push(element("img", { src: source, alt: "" }));
    if (name) {
      parts.push(element("span", { className: "chosen", textContent: name }));
    } else {
      const text = problem ?? "or drop a picture here";
      parts.push(element("span", {}, element("strong", { textContent: "Choose a file" }), element("br"), text));
    }
    this.drop.replaceChildren(...parts, this.input);
  }

  missing() {
    const missing = this.option.required && !this.value;
    this.drop.classList.toggle("wrong", missing);
    return missing;
  }
}

// Any other option: a text, a number, a choice, a switch.
class Value {
  constructor(option, complete) {
    this.option = option;
    this.id = `option-${option.name}`;
    this.control = this.makeControl(complete);
    this.control.id = this.id;
    const label = element("label", { htmlFor: this.id, textContent: words(option.name) });
    const hint = element("div", { className: "hint", id: `${this.id}-hint`, textContent: option.description });
    this.control.setAttribute("aria-describedby", hint.id);
    this.node = element("div", { className: "field" }, label, hint, this.body ?? this.control);
  }

  makeControl(complete) {
    const { type, choices, autocomplete, required } = this.option;
    if (type === BOOLEAN) return this.select([["Yes", "true"], ["No", "false"]]);
    if (choices?.length) return this.select(choices.map(({ name, value }) => [name, value]));
    if (type === INTEGER || type === NUMBER) return this.number(complete);
    const input = element("input", { type: "text", required: Boolean(required) });
    if (this.option.max_length) input.maxLength = this.option.max_length;
    if (this.option.min_length) input.minLength = this.option.min_length;
    if (type === STRING && autocomplete) this.suggest(input, complete);
    return input;
  }

  select(choices) {
    const first = element("option", { value: "", textContent: this.option.required ? "Choose…" : "Default" });
    const rest = choices.map(([name, value]) => element("option", { value: String(value), textContent: name }));
    return element("select", { required: Boolean(this.option.required) }, first, ...rest);
  }

  number(complete) {
    const { min_value: low, max_value: high, type, autocomplete } = this.option;
    const input = element("input", { type: "number", step: type === INTEGER ? "1" : "any" });
    input.required = Boolean(this.option.required);
    input.placeholder = "auto";
    if (low != null) input.min = low;
    if (high != null) input.max = high;
    if (autocomplete) {
      this.suggest(input, complete);
    } else if (low != null && high != null && high - low <= 4096) {
      const slider = element("input", { type: "range", min: low, max: high, value: (low + high) / 2 });
      slider.setAttribute("aria-label", words(this.option.name));
      this.body = element("div", { className: "range unset" }, slider, input);
      const set = () => this.body.classList.toggle("unset", input.value === "");
      slider.addEventListener("input", () => {
        input.value = slider.value;
        set();
      });
      input.addEventListener("input", () => {
        slider.value = input.value;
        set();
      });
    }
    return input;
  }

  suggest(input, complete) {
    const list = element("datalist", { id: `option-${this.option.name}-list` });
    input.autocomplete = "off";
    input.setAttribute("list", list.id);
    let asked = 0;
    const update = async () => {
      const number = ++asked;
      const answer = await complete(this.option.name, input.value);
      if (number !== asked || !answer.ok) return;
      const options = answer.choices.map(({ name, value }) => element("option", { value, textContent: name }));
      list.replaceChildren(...options);
    };
    let timer;
    input.addEventListener("focus", update);
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(update, 150);
    });
    this.body = element("div", {}, input, list);
  }

  get value() {
    return this.control.value === "" ? null : { text: this.control.value };
  }

  missing() {
    return !this.control.checkValidity();
  }
}

export class Composer {
  constructor(root, { as, ask, channel }) {
    this.root = root;
    this.as = as;
    this.ask = ask;
    this.channel = channel;
    this.told = "";
    this.chosen = null;
  }

  // Builds the panel anew only if the commands changed: what is filled in stays.
  show(state) {
    const told = JSON.stringify([state.commands, state.examples]);
    this.state = state;
    if (told === this.told) return;
    this.told = told;
    const names = state.commands.map(({ name }) => name);
    const main = state.commands.find(({ options }) => options.some(({ type }) => type === ATTACHMENT));
    this.open(names.includes(this.chosen) ? this.chosen : (main ?? state.commands[0])?.name);
  }

  open(name) {
    this.chosen = name;
    const command = this.state.commands.find((candidate) => candidate.name === name);
    if (!command) {
      const text = "The bot has not registered a command yet.";
      this.root.replaceChildren(element("div", { className: "fields" }, element("p", { textContent: text })));
      return;
    }
    this.fields = this.makeFields(command);
    const shown = this.fields.filter(({ option }) => option.required || option.type === ATTACHMENT);
    const tucked = this.fields.filter((field) => !shown.includes(field));
    const fields = element(
      "div",
      { className: "fields" },
      element("h2", { textContent: `/${command.name}` }),
      element("p", { textContent: command.description }),
      ...shown.map(({ node }) => node),
    );
    if (tucked.length) {
      const inner = element("div", { className: "inner" }, ...tucked.map(({ node }) => node));
      const summary = element("summary", { textContent: "Options" });
      const details = element("details", { className: "options" }, summary, inner);
      details.addEventListener("toggle", () => details.open && details.scrollIntoView({ behavior: "smooth" }));
      fields.append(details);
    }
    this.problem = element("p", { className: "error", hidden: true });
    this.problem.setAttribute("role", "alert");
    this.button = element("button", { className: "button", textContent: "Run" });
    const form = element("form", { noValidate: true }, fields, element("div", { className: "go" }, this.problem, this.button));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (this.root.classList.contains("collapsed")) this.collapse(false);
      else this.run(command);
    });
    this.root.classList.remove("collapsed");
    this.root.replaceChildren(...this.tabs(), form);
  }

  tabs() {
    if (this.state.commands.length < 2) return [];
    const buttons = this.state.commands.map(({ name }) => {
      const button = element("button", { type: "button", textContent: `/${name}` });
      button.setAttribute("aria-pressed", String(name === this.chosen));
      button.addEventListener("click", () => this.open(name));
      return button;
    });
    const group = element("div", { className: "commands" }, ...buttons);
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "Commands");
    return [group];
  }

  makeFields(command) {
    let attachments = 0;
    const complete = (option, value) => this.ask("/page/complete", { command: command.name, option, value });
    return command.options.map((option) => {
      if (option.type !== ATTACHMENT) return new Value(option, complete);
      const kind = KINDS[attachments++];
      const examples = this.state.examples.filter((example) => example.kind === kind);
      return new Picture(option, examples, this.state.upload_limit);
    });
  }

  error(text) {
    if (!this.problem) return;
    this.problem.textContent = text;
    this.problem.hidden = !text;
  }

  // On a narrow screen the panel makes room for the answer.
  collapse(collapsed) {
    this.root.classList.toggle("collapsed", collapsed);
    this.button.textContent = collapsed ? `/${this.chosen} again` : "Run";
  }

  async run(command) {
    const missing = this.fields.filter((field) => field.missing());
    if (missing.length) {
      this.error(`Please fill in: ${missing.map(({ option }) => words(option.name)).join(", ")}.`);
      missing[0].node.querySelector("input, select")?.focus();
      return;
    }
    const body = new FormData();
    const options = {};
    for (const { option, value } of this.fields) {
      if (value?.text != null) options[option.name] = value.text;
      else if (value?.example != null) options[option.name] = value.example;
    }
    const about = { as: this.as, command: command.name, channel: this.channel(), options };
    body.append("about", JSON.stringify(about));
    for (const { option, value } of this.fields) {
      if (value?.file) body.append(`file:${option.name}`, value.file);
    }
    this.error("");
    this.button.disabled = true;
    this.button.textContent = "Sending…";
    const answer = await this.ask("/page/run", body);
    this.button.disabled = false;
    this.collapse(answer.ok && NARROW.matches);
    if (!answer.ok) this.error(answer.error);
  }
}
