// Small helpers that every module uses.

export const as = new URLSearchParams(location.search).get("as") ?? ""; // whose page this is

export const byId = (id) => document.getElementById(id);

export const words = (name) => name.replaceAll("_", " ");

export function element(tag, properties = {}, ...children) {
  const { dataset, attributes, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, dataset);
  for (const [name, value] of Object.entries(attributes ?? {})) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// Whether a button's work is under way. It is not disabled: that would take the focus away.
export function busy(button, working) {
  button.setAttribute("aria-disabled", String(working));
}

export const isBusy = (button) => button.getAttribute("aria-disabled") === "true";

// Tells people who listen, once, without moving anything.
export function announce(text) {
  const region = byId("announcer");
  if (text && region.textContent !== text) region.textContent = text;
}

// Says what went wrong, until something goes right.
export function complain(text) {
  const bar = byId("problem");
  bar.hidden = !text;
  bar.querySelector("span").textContent = text ?? "";
}
