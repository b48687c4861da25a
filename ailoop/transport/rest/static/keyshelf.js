// The settings about keys: take one from a file, see which there are, remove one.

import * as keyring from "./keyring.js";
import { whyNot } from "./sealed.js";
import { button, make, name } from "./text.js";

/**
 * Fill the part of the settings that is about keys.
 * @param {(sentence: string) => void} announce
 */
export async function bindKeys(announce) {
  const field = document.getElementById("key-file");
  const list = document.getElementById("keys-kept");
  const problem = document.getElementById("key-problem");
  const say = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = !sentence;
  };
  say(whyNot());
  field.disabled = Boolean(whyNot());
  field.addEventListener("change", async () => {
    const [file] = field.files;
    field.value = "";
    if (!file) return;
    try {
      const key = await keyring.add(file);
      announce(`The key of ${key.name} is here now.`);
      beginAnew();
    } catch (error) {
      say(error.message);
    }
  });
  for (const { kid, name: owner } of await keyring.kept) {
    const item = list.appendChild(make("li"));
    const forget = button("Remove", async () => {
      await keyring.remove(kid);
      beginAnew();
    });
    forget.setAttribute("aria-label", `Remove the key of ${owner}`);
    item.append(name(owner), forget);
    item.title = kid;
  }
}

/** What was opened with a key is to go with it, and what can be opened now is to be read. */
function beginAnew() {
  location.reload();
}
