// A small subset of Markdown, built of elements one by one: nothing is ever parsed as HTML,
// so that a text can bring no element or attribute that is not made here.

import { appendText, link, make, webUrl } from "./text.js";

const BULLET = /^[-*+] /;
const NUMBER = /^\d{1,4}[.)] /;
const BLOCK = /^(#{1,6} |[-*+] |\d{1,4}[.)] |>|```)/;
const SPECIAL = /[`*[]|https?:\/\//;
const BARE_URL = /^https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]]/;
const DEEPEST = 4;
/** A closing mark is looked for so far, and no farther: a text cannot make the page slow. */
const FAR = 2000;

/**
 * Return a text with its Markdown shown.
 * @param {string} text
 */
export function renderMarkdown(text) {
  const root = make("div", "markdown");
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  let at = 0;
  const takeWhile = (fits) => {
    const taken = [];
    while (at < lines.length && fits(lines[at])) taken.push(lines[at++]);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at];
    if (!line.trim()) {
      at++;
    } else if (line.startsWith("```")) {
      at++;
      const code = takeWhile((one) => !one.startsWith("```"));
      at++;
      appendText(root.appendChild(make("pre")).appendChild(make("code")), code.join("\n"));
    } else if (/^#{1,6} /.test(line)) {
      at++;
      // The page has headings of its own, which these must not stand among.
      inline(root.appendChild(make("p", "heading")), line.replace(/^#+ /, ""), 0);
    } else if (line.startsWith(">")) {
      const quoted = takeWhile((one) => one.startsWith(">"));
      inline(root.appendChild(make("blockquote")), quoted.map((one) => one.slice(1).trim()).join("\n"), 0);
    } else if (BULLET.test(line)) {
      list(root.appendChild(make("ul")), takeWhile((one) => BULLET.test(one)), BULLET);
    } else if (NUMBER.test(line)) {
      const items = root.appendChild(make("ol"));
      items.start = parseInt(line, 10);
      list(items, takeWhile((one) => NUMBER.test(one)), NUMBER);
    } else {
      const words = [lines[at++], ...takeWhile((one) => one.trim() && !BLOCK.test(one))];
      inline(root.appendChild(make("p")), words.join("\n"), 0);
    }
  }
  return root;
}

function list(element, lines, mark) {
  for (const line of lines) inline(element.appendChild(make("li")), line.replace(mark, ""), 0);
}

/** Append a text with its emphasis, code and links; what is none of them stays as it stands. */
function inline(element, text, depth) {
  let rest = text;
  let plain = "";
  while (rest) {
    const at = depth < DEEPEST ? rest.search(SPECIAL) : -1;
    if (at < 0) break;
    plain += rest.slice(0, at);
    rest = rest.slice(at);
    const found = take(rest);
    if (!found) {
      const unmatched = /^(?:`+|.)/.exec(rest)[0];
      plain += unmatched;
      rest = rest.slice(unmatched.length);
      continue;
    }
    appendText(element, plain);
    plain = "";
    rest = rest.slice(found.length);
    if (found.url) {
      if (found.text) appendText(element, `${found.text} `);
      element.append(link(found.url));
    } else if (found.kind === "code") {
      element.append(make("code", "", found.text));
    } else {
      inline(element.appendChild(make(found.kind)), found.text, depth + 1);
    }
  }
  appendText(element, plain + rest);
}

/** Return what a text begins with, or null: its kind or URL, its text, the length of all. */
function take(text) {
  if (text[0] === "`") return code(text, /^`+/.exec(text)[0]);
  if (text[0] === "*") return text[1] === "*" ? span(text, "**", "strong") : span(text, "*", "em");
  if (text[0] === "[") {
    const found = /^\[([^[\]\n]{0,1000})\]\(([^()\s]{1,2000})\)/.exec(text);
    const url = found && webUrl(found[2]);
    return url ? { url, text: found[1], length: found[0].length } : null;
  }
  const found = BARE_URL.exec(text.slice(0, FAR));
  const url = found && webUrl(found[0]);
  return url ? { url, text: "", length: found[0].length } : null;
}

function span(text, mark, kind) {
  const end = text.slice(0, FAR).indexOf(mark, mark.length + 1);
  const inside = end < 0 ? "" : text.slice(mark.length, end);
  if (!inside || inside.trim() !== inside) return null;
  return { kind, text: inside, length: end + mark.length };
}

/** Code ends with as many marks as it began with. */
function code(text, mark) {
  for (const { 0: marks, index } of text.slice(mark.length, FAR).matchAll(/`+/g)) {
    if (marks.length !== mark.length) continue;
    const inside = text.slice(mark.length, mark.length + index);
    return { kind: "code", text: inside, length: inside.length + 2 * mark.length };
  }
  return null;
}
