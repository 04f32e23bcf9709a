// Select menus of several values: boxes behind a button, sent together when one is done.

const boxesOf = (chooser) => [...chooser.querySelectorAll("input")];
const chosenOf = (chooser) => boxesOf(chooser).filter((box) => box.checked);

// No more can be ticked than may be chosen, and Done waits for as many as must be.
function count(chooser) {
  const { low, high } = chooser.dataset;
  const chosen = chosenOf(chooser).length;
  for (const box of boxesOf(chooser)) box.disabled = !box.checked && chosen >= Number(high);
  chooser.querySelector("[data-done]").disabled = chosen < Number(low) || chosen > Number(high);
}

// Says on the button what is chosen, until the message itself does.
function showChosen(chooser) {
  const names = chosenOf(chooser).map((box) => box.nextElementSibling.firstChild.textContent);
  const nothing = chooser.querySelector("fieldset").getAttribute("aria-label");
  chooser.querySelector("summary").textContent = names.join(", ") || nothing;
}

// Closed without Done, it is as it was.
function reset(chooser) {
  for (const box of boxesOf(chooser)) box.checked = box.defaultChecked;
  count(chooser);
}

function close(chooser) {
  chooser.open = false;
  reset(chooser);
  chooser.querySelector("summary").focus();
}

// `send` is told the message, the menu's custom id and the chosen values.
export function startChoosers(root, send) {
  root.addEventListener("change", (event) => {
    const chooser = event.target.closest(".choose");
    if (chooser) count(chooser);
  });
  // The event comes a little later than the change: somebody may have ticked a box by then.
  root.addEventListener(
    "toggle",
    ({ target }) => target.matches(".choose") && (target.open ? count(target) : reset(target)),
    true,
  );
  root.addEventListener("keydown", (event) => {
    const chooser = event.key === "Escape" && event.target.closest(".choose[open]");
    if (chooser) close(chooser);
  });
  root.addEventListener("click", (event) => {
    const chooser = event.target.closest("[data-done]")?.closest(".choose");
    if (!chooser) return;
    for (const box of boxesOf(chooser)) box.defaultChecked = box.checked;
    showChosen(chooser);
    const { message, choose } = chooser.dataset;
    send({ message, custom_id: choose, values: chosenOf(chooser).map(({ value }) => value) });
    close(chooser);
  });
}
