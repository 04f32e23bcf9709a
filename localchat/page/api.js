// Asking the server, as the person this page belongs to.

import { as } from "./dom.js";
import { say } from "./language.js";

export async function ask(path, about, files = {}) {
  let body = JSON.stringify({ as, ...about });
  const named = Object.entries(files);
  if (named.length) {
    const form = new FormData();
    form.append("about", body);
    for (const [name, list] of named) for (const file of list) form.append(`file:${name}`, file);
    body = form;
  }
  try {
    const response = await fetch(path, { method: "POST", body });
    return await response.json();
  } catch {
    return { ok: false, error: say("The local chat does not answer. Is it still running?") };
  }
}
