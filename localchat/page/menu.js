// A menu at a place: arrow keys, letters, Escape; focus goes back to where it came from.
import { element } from "./dom.js";

let opened = null;

export function closeMenu() {
  if (!opened) return;
  const { node, back } = opened;
  opened = null;
  node.remove();
  back?.focus();
}

export function openMenu({ x, y, back, label, items }) {
  closeMenu();
  const node = element("div", { className: "menu", attributes: { role: "menu", "aria-label": label } });
  for (const { text, act } of items) {
    const item = element("button", { type: "button", textContent: text, tabIndex: -1 });
    item.setAttribute("role", "menuitem");
    item.addEventListener("click", () => {
      closeMenu();
      act();
    });
    node.append(item);
  }
  document.body.append(node);
  const { width, height } = node.getBoundingClientRect();
  node.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  node.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
  opened = { node, back };
  node.addEventListener("keydown", onKey);
  node.addEventListener("focusout", (event) => {
    if (opened?.node === node && !node.contains(event.relatedTarget)) closeMenu();
  });
  node.firstElementChild.focus();
}

function onKey(event) {
  const items = [...event.currentTarget.children];
  const at = items.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (to !== undefined) {
    event.preventDefault();
    items[(to + items.length) % items.length].focus();
  } else if (event.key === "Escape" || event.key === "Tab") {
    event.preventDefault();
    closeMenu();
  } else if (event.key.length === 1) {
    const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    rest.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  }
}
