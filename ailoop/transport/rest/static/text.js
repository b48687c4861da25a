// Text from outside, shown as it is: what a reader could not see is made visible.

// Controls, direction overrides, and characters without a width can make one text look like
// another. Joiners and the usual variation selectors stay: scripts and emoji need them.
const HIDDEN =
  /[\p{Cc}\p{Cn}\p{Co}\p{Cs}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/u;

/** Whether a character is one that a reader would not see. Tabs and line feeds are seen. */
function isHidden(char) {
  return char !== "\n" && char !== "\t" && HIDDEN.test(char);
}

/**
 * Append a text to an element, hidden characters by their code points.
 * @param {Element} element
 * @param {string} text
 */
export function appendText(element, text) {
  let plain = "";
  const flush = () => {
    if (plain) element.append(plain);
    plain = "";
  };
  for (const char of text) {
    if (!isHidden(char)) {
      plain += char;
      continue;
    }
    flush();
    const mark = document.createElement("span");
    mark.className = "hidden-char";
    mark.title = "a character that cannot be seen";
    mark.textContent = codePoint(char);
    element.append(mark);
  }
  flush();
  return element;
}

function codePoint(char) {
  return `U+${char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** Return a text for where there are no elements, hidden characters by their code points. */
export function plainText(text) {
  return Array.from(text, (char) => (isHidden(char) ? codePoint(char) : char)).join("");
}

/**
 * Make an element of a kind, class and text.
 * @returns {HTMLElement}
 */
export function make(kind, className = "", text = "") {
  const made = document.createElement(kind);
  if (className) made.className = className;
  return text ? appendText(made, text) : made;
}

/** Make a name stand alone: its direction changes nothing around it. */
export function name(text, className = "") {
  return make("bdi", className, text);
}

/** Make a button that does something when a person presses it. */
export function button(text, act, className = "") {
  const made = make("button", className, text);
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}

/** Return a URL if it is one that may be opened, else null. */
export function webUrl(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url : null;
  } catch {
    return null;
  }
}

/** Make a link that says where it leads, and opens apart from this page. */
export function link(url) {
  const made = make("a", "", url.href);
  made.href = url.href;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  return made;
}

/** Return a value of JSON as an element: over several lines, members in their order. */
export function json(value, label) {
  const made = make("pre", "json", JSON.stringify(value, null, 2));
  // It may scroll, which must be possible by keyboard too.
  made.tabIndex = 0;
  made.setAttribute("role", "group");
  made.setAttribute("aria-label", label);
  made.dir = "ltr";
  return made;
}
