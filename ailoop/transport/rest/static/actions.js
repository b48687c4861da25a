// What a person can do with a prompt: the choices, the fields and the buttons of its card.

import { Editor } from "./editor.js";
import { Form } from "./form.js";
import { button } from "./text.js";

/** Give a card the fields and buttons that its prompt takes. @param {import("./card.js").Card} card */
export function drawActions(card) {
  const { kind, content, seal } = card.prompt;
  const label = card.find(".words span");
  const actions = card.find(".actions");
  if (seal?.trouble) {
    // Nobody approves or answers what they have not read.
    card.find(".words").hidden = true;
    const denial = kind === "question" ? "cancelled" : "authorization_denied";
    actions.append(bindKey(button("Deny unread", () => card.decide(denial), "deny"), "d"));
  } else if (kind === "question") {
    const choices = content.choices ?? [];
    if (content.schema) card.drawSheet(new Form(card.prompt.id, content.schema));
    choices.forEach((text, index) => {
      const made = button(text, () => card.send({ answer: text }), "choice");
      made.dir = "auto";
      if (index < 9) bindKey(made, index + 1);
      card.find(".choices").append(made);
    });
    label.textContent = "Answer";
    card.find(".words").hidden = content.choices != null || content.schema != null;
    if (content.choices == null) actions.append(button("Send answer", () => card.answer(), "primary"));
  } else {
    label.textContent = "Reason (optional)";
    if (content.editable) card.drawSheet(new Editor(content.context));
    const approve = kind === "navigate" ? "I opened it" : "Approve";
    actions.append(bindKey(button(approve, () => card.approve(), "approve"), "a"));
    actions.append(bindKey(button("Deny", () => card.decide("authorization_denied"), "deny"), "d"));
  }
  card.find(".choices").hidden = !content.choices;
  card.find(".hint").hidden = kind !== "question" || content.choices != null || Boolean(seal?.trouble);
}

/** Have a key press a button; on a choice it is shown. */
function bindKey(made, key) {
  made.dataset.key = key;
  made.setAttribute("aria-keyshortcuts", key);
  return made;
}
