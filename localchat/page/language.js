// The page's own words in the language of whoever looks.
import { as } from "./dom.js";

const told = await (await fetch(`page/words?as=${encodeURIComponent(as)}`)).json();
export const { locale } = told;

// Says a sentence: its English template is the key; {named} places are filled in.
export function say(template, values = {}) {
  const text = told.words[template] ?? template;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

// What stands in the page from the start.
function translate(root) {
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.nodeValue;
    const key = text.trim();
    if (key) texts.currentNode.nodeValue = text.replace(key, () => say(key));
  }
  for (const name of ["aria-label", "placeholder"]) {
    for (const node of root.querySelectorAll(`[${name}]`)) node.setAttribute(name, say(node.getAttribute(name)));
  }
}

document.documentElement.lang = locale;
document.title = say(document.title);
translate(document.body);
