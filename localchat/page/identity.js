// Who one is: name, language, what one may do, roles. Another name is another page.
import { ask } from "./api.js";
import { byId, element } from "./dom.js";
import { locale, say } from "./language.js";

const LANGUAGES = ["en-US", "de", "fr", "es-ES", "pt-BR", "ja"];

export function showIdentity(state) {
  byId("person").textContent = state.person;
  const dialog = byId("identity");
  if (dialog.open) return;
  const fields = dialog.querySelector("form").elements;
  fields.name.value = state.person;
  fields.rank.value = state.rank;
  fields.installed.checked = state.installed;
  const names = new Intl.DisplayNames(locale, { type: "language" });
  const languages = [...new Set([...LANGUAGES, state.locale])];
  fields.locale.replaceChildren(
    ...languages.map((value) => element("option", { value, textContent: names.of(value) })),
  );
  fields.locale.value = state.locale;
  byId("you-roles").replaceChildren(...rolesOf(state));
  byId("people").replaceChildren(...state.people.map((value) => element("option", { value })));
}

// One group of checkboxes for each server that has roles.
function rolesOf({ roles }) {
  return [...new Set(roles.map(({ place }) => place))].map((place) => {
    const legend = element("legend", { textContent: say("Roles in {place}", { place }) });
    const here = roles.filter((role) => role.place === place);
    const choices = here.map(({ id, name, given }) => {
      const input = element("input", { type: "checkbox", id: `you-role-${id}`, name: "role", value: id, checked: given });
      const label = element("label", { htmlFor: input.id, textContent: name });
      return element("div", { className: "choice" }, input, label);
    });
    return element("fieldset", { className: "field" }, legend, ...choices);
  });
}

byId("who").addEventListener("click", () => byId("identity").showModal());
byId("identity").querySelector("[value=cancel]").addEventListener("click", () => byId("identity").close());
byId("identity").querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { elements } = event.target;
  const roles = [...event.target.querySelectorAll("[name=role]:checked")].map(({ value }) => value);
  const about = { as: elements.name.value, locale: elements.locale.value, rank: elements.rank.value };
  const answer = await ask("page/become", { ...about, installed: elements.installed.checked, roles });
  const problem = byId("you-problem");
  problem.hidden = answer.ok;
  problem.textContent = answer.error ?? "";
  if (!answer.ok) return;
  location.search = `?as=${encodeURIComponent(about.as)}`;
});
