// What a person has chosen here: kept by the browser, and by nothing else.

const PREFIX = "ailoop.";

/** Read a setting. A browser may keep nothing; then there is the default. */
export function get(name, otherwise = "") {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

/** Keep a setting. */
export function set(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Full, or not allowed: it holds until the page is closed.
  }
}

/** Forget a setting. */
export function remove(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Nothing was kept.
  }
}

/** Return the names of all settings that begin so. */
export function names(start) {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(PREFIX + start))
      .map((key) => key.slice(PREFIX.length));
  } catch {
    return [];
  }
}

/**
 * Have a field show a setting and change it.
 * @param {HTMLInputElement | HTMLSelectElement} field
 * @param {string} name
 * @param {string} otherwise the default; of a checkbox, "yes" or "no"
 * @param {(value: string) => void} changed called with each value that a person chooses
 */
export function bind(field, name, otherwise, changed = () => {}) {
  const isBox = field.type === "checkbox";
  const stored = get(name, otherwise);
  if (isBox) field.checked = stored === "yes";
  else field.value = stored;
  const take = () => {
    const value = isBox ? (field.checked ? "yes" : "no") : field.value.trim();
    set(name, value);
    changed(value);
  };
  // A name counts as it is written: who answers next must not answer without it.
  field.addEventListener(field.type === "text" ? "input" : "change", take);
}
