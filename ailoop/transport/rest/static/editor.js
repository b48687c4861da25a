// What is to be permitted, changed before it is: the context of an authorization that allows it.

import { make } from "./text.js";

export class Editor {
  /**
   * @param {object} context
   */
  constructor(context) {
    this.asked = JSON.stringify(context, null, 2);
    this.element = make("details", "editor");
    this.element.append(make("summary", "", "Change the context before you approve"));
    const label = this.element.appendChild(make("label", "", "Context to be approved, as JSON"));
    this.field = label.appendChild(make("textarea"));
    Object.assign(this.field, { rows: Math.min(12, this.asked.split("\n").length), spellcheck: false, dir: "ltr" });
    this.field.className = "json";
    this.field.value = this.asked;
  }

  get isChanged() {
    return this.field.value !== this.asked;
  }

  /**
   * Return the context as it was typed, so that no number of it becomes another one; but without
   * the spaces between, for which an answer may have no room.
   * @throws {Error} it is no object of JSON; `focus` goes to it
   */
  read() {
    this.element.open = true;
    let value = null;
    try {
      value = JSON.parse(this.field.value);
    } catch (error) {
      throw new Error(`Nothing is decided, the context is no JSON: ${error.message}`);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new Error("Nothing is decided, the context has to be an object: { … }");
    }
    return this.field.value.replace(/("(?:\\.|[^"\\])*")|\s+/g, "$1");
  }

  refuse() {}

  focus() {
    this.field.focus();
  }

  lock(isLocked) {
    this.field.readOnly = isLocked;
  }
}
