// Writing an ordinary message, with files. What begins like a command is none: its form opens.
import { ask } from "./api.js";
import { busy, byId, complain, element, isBusy } from "./dom.js";

export function startWriter(channel, call) {
  const form = byId("writer");
  const { text, files } = form.elements;
  const chosen = byId("writer-files");
  const button = form.querySelector("button");
  files.addEventListener("change", () => {
    chosen.replaceChildren(...[...files.files].map((file) => element("li", { textContent: file.name })));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy(button) || (!text.value.trim() && !files.files.length)) return;
    const command = text.value.match(/^\/(\p{L}.*)/u);
    if (command) {
      const problem = call(command[1].trim());
      complain(problem);
      if (!problem) text.value = "";
      return;
    }
    const about = { channel: channel().id, text: text.value };
    busy(button, true);
    const answer = await ask("page/say", about, files.files.length ? { files: [...files.files] } : {});
    busy(button, false);
    complain(answer.ok ? "" : answer.error);
    if (!answer.ok) return;
    if (text.value === about.text) text.value = ""; // else somebody writes on already
    files.value = "";
    chosen.replaceChildren();
  });
}
