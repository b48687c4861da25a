// The keyboard: single keys act on the selected prompt, and only on that one.

const FIELDS = "input, textarea, select, [contenteditable]";

/**
 * Listen to keys.
 * @param {import("./list.js").PromptList} list
 * @param {object} on `announce(sentence)`, `isOff()`: whether single keys are switched off
 */
export function listen(list, on) {
  const help = document.getElementById("help");
  const search = document.getElementById("search");
  const openHelp = () => help.open || help.showModal();
  document.getElementById("help-button").addEventListener("click", openHelp);
  search.addEventListener("keydown", (event) => event.key === "Escape" && search.blur());

  const onSelected = (act) => () => {
    const card = list.selected;
    if (!card) on.announce("No prompt is selected: j selects the next one.");
    else if (isInSight(card.element)) act(card);
    else {
      list.focus(card);
      on.announce("Look at it first; then press again.");
    }
  };
  // What is decided stands above the buttons: who sees those has gone past all of it.
  const press = (key) =>
    onSelected((card) => {
      const button = card.buttonOf(key);
      if (!button) return;
      if (isInSight(button)) button.click();
      else card.complain(`Nothing is decided: scroll to its end first, then press ${key} again.`);
    });
  const keys = {
    j: () => list.select(1),
    k: () => list.select(-1),
    r: onSelected((card) => card.edit()),
    "/": () => search.focus(),
    "?": openHelp,
  };
  for (const key of "ad123456789") keys[key] = press(key);

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (help.open || on.isOff() || event.target.closest(FIELDS)) return;
    // Enter presses a button that has the focus; on the prompt itself it means: write.
    const isOnPrompt = event.key === "Enter" && event.target === list.selected?.article;
    const act = isOnPrompt ? keys.r : Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (!act || (event.repeat && !"jk".includes(event.key))) return;
    event.preventDefault();
    act();
  });
}

/** Whether a person can see any of it: nothing is decided out of sight. */
function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}
