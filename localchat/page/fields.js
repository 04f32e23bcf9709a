// The controls of a command's options.
import { element } from "./dom.js";
import { say } from "./language.js";

const [STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER] = [3, 4, 5, 6, 7, 8, 9, 10];
export const ENTITIES = {
  [USER]: ["members"],
  [CHANNEL]: ["channels"],
  [ROLE]: ["roles"],
  [MENTIONABLE]: ["members", "roles"],
};

const titleOf = ({ label, name }) => (label || name).replaceAll("_", " ");

// What may be put into a number's field; nothing if the command does not limit it.
function rangeOf({ type, min_value: low, max_value: high, choices }) {
  if (![INTEGER, NUMBER].includes(type) || choices?.length || (low ?? high) == null) return "";
  const whole = type === INTEGER;
  if (high == null) return say(whole ? "a whole number, at least {low}" : "a number, at least {low}", { low });
  if (low == null) return say(whole ? "a whole number, at most {high}" : "a number, at most {high}", { high });
  return say(whole ? "a whole number from {low} to {high}" : "a number from {low} to {high}", { low, high });
}

// One attachment: a file of one's own, dropped or chosen, or one of the examples.
export class Picture {
  constructor(option, examples, limit) {
    this.option = option;
    this.limit = limit;
    this.input = element("input", { type: "file" });
    this.input.setAttribute("aria-label", say("{option}: choose a file", { option: titleOf(option) }));
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
      this.input.value = "";
      if (file) this.choose(file);
    });
    this.strip = element("div", { className: "examples" });
    this.strip.setAttribute("role", "group");
    this.strip.setAttribute("aria-label", say("Examples for {option}", { option: titleOf(option) }));
    for (const example of examples) this.strip.append(this.exampleButton(example));
    const head = element("div", { className: "head", textContent: titleOf(option) });
    const hint = element("div", { className: "hint", textContent: option.description });
    this.node = element("div", { className: "field attachment" }, head, hint, this.drop);
    if (examples.length) this.node.append(this.strip);
    this.show(null, null);
  }

  exampleButton(example) {
    const source = `page/example/${example.number}`;
    const image = element("img", { src: source, alt: "", loading: "lazy" });
    const name = element("span", { textContent: example.name, attributes: { "aria-hidden": "true" } });
    const button = element("button", { type: "button", title: example.credit }, image, name);
    button.setAttribute("aria-label", example.name);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-pressed") === "true") return this.clear();
      this.input.value = ""; // the browser says nothing when somebody chooses what it has already
      this.value = { example: example.number };
      this.show(source, example.name);
      button.setAttribute("aria-pressed", "true");
    });
    return button;
  }

  choose(file) {
    if (file.size > this.limit) {
      this.value = null;
      this.show(null, null, say("{name} is too large", file));
      return;
    }
    this.value = { file };
    this.show(file.type.startsWith("image/") ? URL.createObjectURL(file) : null, file.name);
  }

  clear() {
    this.value = null;
    this.input.value = "";
    this.show(null, null);
  }

  clearButton() {
    const button = element("button", { type: "button", className: "clear", textContent: "✕" });
    button.setAttribute("aria-label", say("{option}: take the picture away", { option: titleOf(this.option) }));
    button.addEventListener("click", () => {
      this.clear();
      this.input.focus();
    });
    return button;
  }

  // A problem is what is wrong with a file that was chosen.
  show(source, name, problem = "") {
    this.problem = problem;
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
      const text = problem || say("or drop a picture here");
      parts.push(element("span", {}, element("strong", { textContent: say("Choose a file") }), element("br"), text));
    }
    this.drop.replaceChildren(...parts, this.input, ...(name ? [this.clearButton()] : []));
  }

  missing() {
    const missing = this.option.required && !this.value && !this.problem;
    this.drop.classList.toggle("wrong", missing || Boolean(this.problem));
    return missing;
  }
}

// Any other option: a text, a number, a choice, a switch.
export class Value {
  constructor(option, complete, state) {
    this.state = state;
    this.option = option;
    this.id = `option-${option.name}`;
    this.control = this.makeControl(complete);
    this.control.id = this.id;
    const label = element("label", { htmlFor: this.id, textContent: titleOf(option) });
    this.range = rangeOf(option);
    const text = [option.description, this.range].filter(Boolean).join(" · ");
    const hint = element("div", { className: "hint", id: `${this.id}-hint`, textContent: text });
    this.control.setAttribute("aria-describedby", hint.id);
    this.node = element("div", { className: "field" }, label, hint, this.body ?? this.control);
  }

  makeControl(complete) {
    const { type, choices, autocomplete, required } = this.option;
    if (type === BOOLEAN) return this.select([[say("Yes"), "true"], [say("No"), "false"]]);
    if (ENTITIES[type]) {
      const found = ENTITIES[type].flatMap((kind) => this.state[kind]);
      return this.select(found.map(({ id, name }) => [name, id]));
    }
    if (choices?.length) return this.select(choices.map(({ name, value }) => [name, value]));
    if (type === INTEGER || type === NUMBER) return this.number(complete);
    const input = element("input", { type: "text", required: Boolean(required) });
    if (this.option.max_length) input.maxLength = this.option.max_length;
    if (this.option.min_length) input.minLength = this.option.min_length;
    if (type === STRING && autocomplete) this.suggest(input, complete);
    return input;
  }

  select(choices) {
    const first = element("option", { value: "", textContent: say(this.option.required ? "Choose…" : "Default") });
    const rest = choices.map(([name, value]) => element("option", { value: String(value), textContent: name }));
    return element("select", { required: Boolean(this.option.required) }, first, ...rest);
  }

  number(complete) {
    const { min_value: low, max_value: high, type, autocomplete } = this.option;
    const input = element("input", { type: "number", step: type === INTEGER ? "1" : "any" });
    input.required = Boolean(this.option.required);
    input.placeholder = say("auto");
    if (low != null) input.min = low;
    if (high != null) input.max = high;
    if (autocomplete) {
      this.suggest(input, complete);
    } else if (low != null && high != null && high - low <= 4096) {
      const slider = element("input", { type: "range", min: low, max: high, value: (low + high) / 2 });
      slider.setAttribute("aria-label", titleOf(this.option));
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
    const { valueMissing, badInput } = this.control.validity;
    return valueMissing && !badInput;
  }

  // What is wrong with what was filled in; the browser says it where the command says nothing.
  get problem() {
    if (this.missing() || this.control.validity.valid) return "";
    return `${titleOf(this.option)}: ${this.range || this.control.validationMessage}`;
  }
}
