// Writing an ordinary message, with files. What begins like a command is none: its form opens.
import { ask } from "./api.js";
import { busy, byId, complain, element, isBusy } from "./dom.js";

// What is dropped on the chat goes with the message. Anywhere else a browser would leave the page
// for it: only fields for files take it themselves.
function takeDrops(files) {
  for (const name of ["dragover", "drop"]) {
    document.addEventListener(name, (event) => {
      const { target, dataTransfer: dropped } = event;
      const taken = event.defaultPrevented || target.closest?.("[type=file]");
      if (taken || !dropped.types.includes("Files")) return;
      event.preventDefault();
      if (name === "dragover" || !target.closest?.(".chat")) return;
      files.files = dropped.files;
      files.dispatchEvent(new Event("change"));
    });
  }
}

export function startWriter(channel, call) {
  const form = byId("writer");
  const { text, files } = form.elements;
  const chosen = byId("writer-files");
  const button = form.querySelector("button");
  takeDrops(files);
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
