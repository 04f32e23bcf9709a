// A modal the bot opened: a dialog made from what it sent. The browser keeps focus inside.
import { ask } from "./api.js";
import { busy, byId, element, isBusy } from "./dom.js";
import { say } from "./language.js";

const [ROW, TEXT_INPUT, TEXT, LABEL, FILES, RADIO, BOXES, BOX] = [1, 4, 10, 18, 19, 21, 22, 23];
const SELECTS = { 5: ["members"], 6: ["roles"], 7: ["members", "roles"], 8: ["channels"] };

// Each field: its node for the dialog, and what is in it.
function field(node, head, id, state) {
  const { type } = node;
  const many = type === BOXES || (type !== RADIO && type !== FILES && (node.max_values ?? 1) > 1);
  if (type === TEXT_INPUT) return textInput(node, head, id);
  if (type === FILES) return files(node, head, id);
  if (type === BOX) return checkbox(node, head, id);
  if (type === RADIO || many) return choices(node, head, id, many, state);
  return select(node, head, id, state);
}

function heading(tag, { label, description }, id, required) {
  const title = element(tag, { textContent: label });
  if (tag === "label") title.htmlFor = id;
  if (required) {
    const star = element("span", { className: "required", textContent: " *" });
    star.setAttribute("aria-hidden", "true");
    title.append(star);
  }
  const hint = element("div", { className: "hint", id: `${id}-hint`, textContent: description ?? "" });
  hint.hidden = !description;
  return [title, hint];
}

function labelled(control, node, head, id) {
  control.id = id;
  control.required = node.required !== false && node.type !== BOX;
  if (head.description) control.setAttribute("aria-describedby", `${id}-hint`);
  const [title, hint] = heading("label", head, id, control.required);
  return element("div", { className: "field" }, title, hint, control);
}

function textInput(node, head, id) {
  const control = element(node.style === 2 ? "textarea" : "input", { value: node.value ?? "" });
  if (node.style === 2) control.rows = 4;
  control.placeholder = node.placeholder ?? "";
  control.maxLength = node.max_length ?? 4000;
  if (node.min_length) control.minLength = node.min_length;
  return { node: labelled(control, node, head, id), value: () => control.value };
}

function optionsOf(node, state) {
  const chosen = new Set((node.default_values ?? []).map(({ id }) => String(id)));
  if (node.options) return node.options;
  const found = (SELECTS[node.type] ?? []).flatMap((kind) => state[kind]);
  return found.map(({ id, name }) => ({ label: name, value: id, default: chosen.has(id) }));
}

function select(node, head, id, state) {
  const control = element("select");
  control.append(element("option", { value: "", textContent: node.placeholder ?? say("Choose…") }));
  for (const { label, value, default: selected } of optionsOf(node, state)) {
    control.append(element("option", { value, textContent: label, selected: Boolean(selected) }));
  }
  const value = () => (control.value ? [control.value] : []);
  return { node: labelled(control, node, head, id), value };
}

function choices(node, head, id, many, state) {
  const [title, hint] = heading("legend", head, id, node.required !== false);
  const group = element("fieldset", { className: "field choices" }, title, hint);
  if (head.description) group.setAttribute("aria-describedby", hint.id);
  const inputs = optionsOf(node, state).map((option, at) => {
    const input = element("input", { type: many ? "checkbox" : "radio", name: id, value: option.value });
    input.id = `${id}-${at}`;
    input.checked = Boolean(option.default);
    input.required = !many && node.required !== false;
    const text = element("label", { htmlFor: input.id, textContent: option.label });
    if (option.description) text.append(element("small", { textContent: option.description }));
    group.append(element("div", { className: "choice" }, input, text));
    return input;
  });
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return { node: group, value: many || node.type !== RADIO ? chosen : () => chosen() };
}

function checkbox(node, head, id) {
  const control = element("input", { type: "checkbox", id, checked: node.default });
  const [title, hint] = heading("label", head, id, false);
  if (head.description) control.setAttribute("aria-describedby", hint.id);
  const box = element("div", { className: "field" }, element("div", { className: "choice" }, control, title), hint);
  return { node: box, value: () => control.checked };
}

function files(node, head, id) {
  const control = element("input", { type: "file", multiple: node.max_values > 1 });
  const shown = element("ul", { className: "chosen-files" });
  control.addEventListener("change", () => {
    const names = [...control.files].map((file) => element("li", { textContent: file.name }));
    shown.replaceChildren(...names);
  });
  const box = labelled(control, node, head, id);
  control.required = node.required !== false && node.min_values > 0;
  box.append(shown);
  return { node: box, files: () => [...control.files] };
}

function parts(modal, state) {
  const fields = [];
  const nodes = modal.components.map((part, at) => {
    const inner = part.type === LABEL ? part.component : part.type === ROW ? part.components[0] : null;
    if (part.type === TEXT) return element("p", { className: "intro", textContent: part.content });
    const made = field(inner, part.type === ROW ? inner : part, `modal-${at}`, state);
    fields.push({ ...made, name: inner.custom_id });
    return made.node;
  });
  return { fields, nodes };
}

// Opens it; resolves when it is submitted or put away.
export function openModal({ modal, interaction }, state) {
  const dialog = byId("modal");
  const { fields, nodes } = parts(modal, state);
  const problem = element("p", { className: "error", hidden: true, attributes: { role: "alert" } });
  const title = element("h2", { id: "modal-title", textContent: modal.title });
  const cancel = element("button", { type: "button", className: "button style-2", textContent: say("Cancel") });
  const submit = element("button", { className: "button style-1", textContent: say("Submit") });
  const form = element(
    "form",
    {},
    title,
    element("p", { className: "from", textContent: say("{bot} asks:", state) }),
    ...nodes,
    problem,
    element("div", { className: "buttons" }, cancel, submit),
  );
  cancel.addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(submit)) return;
    const values = {};
    const uploads = {};
    for (const each of fields) {
      if (each.files) uploads[each.name] = each.files();
      else values[each.name] = each.value();
    }
    busy(submit, true);
    const answer = await ask("page/submit", { interaction, values }, uploads);
    busy(submit, false);
    problem.textContent = answer.ok ? "" : answer.error;
    problem.hidden = answer.ok;
    if (answer.ok) dialog.close();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  form.querySelector("input, select, textarea")?.focus();
}
