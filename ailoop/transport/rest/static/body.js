// What a prompt says, in full. A question's text may have Markdown; what is to be permitted,
// and where a link leads, stand exactly as they were sent.

import { renderMarkdown } from "./markdown.js";
import { appendText, json, link, make, webUrl } from "./text.js";
import { kindOf, sealWords } from "./words.js";

/** Fill the upper part of a card. */
export function fillBody({ find, article }, prompt) {
  const { id, kind, content, channel, priority } = prompt;
  find(".kind").textContent = kindOf(content);
  find(".kind").id = `kind-${id}`;
  appendText(find(".channel"), channel);
  find(".channel").id = `channel-${id}`;
  article.setAttribute("aria-labelledby", `kind-${id} channel-${id} label-${id}`);
  article.closest("li").dataset.id = id;
  article.closest("li").dataset.priority = priority;
  find(".priority").textContent = priority === "normal" ? "" : priority;
  const label = find(".label");
  label.id = `label-${id}`;
  const said = find(".sealed");
  said.hidden = !prompt.seal;
  if (prompt.seal) said.replaceChildren(...sealWords(prompt.seal));
  if (prompt.seal?.trouble) {
    said.classList.add("unread");
    label.append(make("p", "", "This prompt cannot be read here. It can be denied, or left for somebody who has the key."));
    return;
  }
  if (kind === "question") label.append(renderMarkdown(content.text));
  else if (kind === "navigate") fillUrl(label, content.url);
  else appendText(label.appendChild(make("p", "exact")), content.action);
  if (content.context !== undefined && content.context !== null) {
    const shown = json(content.context, `Context of this ${kind}`);
    const lines = shown.textContent.split("\n").length;
    const title = make("p", "quiet", lines > 1 ? `Context, ${lines} lines` : "Context");
    find(".context").append(title, shown);
    find(".context").hidden = false;
  }
}

/** Show where a link leads, and the host for itself: the rest may be made to look like one. */
function fillUrl(label, text) {
  const url = webUrl(text);
  if (url === null) {
    appendText(label.appendChild(make("p", "exact")), text);
    label.append(make("p", "quiet", "This is no address of a web page; it cannot be opened here."));
    return;
  }
  const line = label.appendChild(make("p", "url"));
  line.dir = "ltr";
  line.append(link(url));
  const host = make("p", "quiet", "Opens ");
  host.append(make("strong", "host", url.host), " in a new tab.");
  label.append(host);
}
