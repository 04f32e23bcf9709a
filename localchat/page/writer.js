// Writing an ordinary message, with files.
import { ask } from "./api.js";
import { byId, complain, element } from "./dom.js";

export function startWriter(channel) {
  const form = byId("writer");
  const { text, files } = form.elements;
  const chosen = byId("writer-files");
  files.addEventListener("change", () => {
    chosen.replaceChildren(...[...files.files].map((file) => element("li", { textContent: file.name })));
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!text.value.trim() && !files.files.length) return;
    const about = { channel: channel().id, text: text.value };
    const answer = await ask("page/say", about, files.files.length ? { files: [...files.files] } : {});
    complain(answer.ok ? "" : answer.error);
    if (!answer.ok) return;
    form.reset();
    chosen.replaceChildren();
  });
}
