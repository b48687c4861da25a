// The form of a question that carries a schema: a field for each of its properties. What is
// typed is judged by the server; here a person is told at once what is plainly missing.

import { readFields } from "./fields.js";
import { make, plainText } from "./text.js";

const INPUTS = { email: "email", uri: "url", date: "date", "date-time": "datetime-local" };

export class Form {
  /**
   * @param {string} id of the prompt: fields are named after it
   * @param {object} schema
   */
  constructor(id, schema) {
    this.wrong = null;
    this.fields = readFields(schema).map((field, index) => new Field(field, `${id}-${index}`));
    this.element = make("div", "form");
    this.element.append(...this.fields.map((field) => field.element));
    this.begun = this.draft;
  }

  /** What is entered, as it is kept while it is not sent. */
  get draft() {
    return JSON.stringify(Object.fromEntries(this.fields.map((field) => [field.name, field.entered])));
  }

  set draft(text) {
    try {
      const kept = JSON.parse(text);
      for (const field of this.fields) if (Object.hasOwn(kept, field.name)) field.entered = kept[field.name];
    } catch {
      // it was written for something else
    }
  }

  /** Whether anything is entered that is not sent. A form begins with defaults, which are no draft. */
  get isChanged() {
    return this.draft !== this.begun;
  }

  /**
   * Return the answer as it is sent.
   * @throws {Error} a field has nothing that it takes; `focus` goes to it
   */
  read() {
    const value = {};
    this.wrong = null;
    for (const field of this.fields) {
      field.mark(field.problem);
      if (field.problem) this.wrong ??= field;
      else if (field.value !== undefined) value[field.name] = field.value;
    }
    if (this.wrong) throw new Error(`${plainText(this.wrong.title)}: ${this.wrong.problem}`);
    return JSON.stringify(value);
  }

  /** Note which field the server did not take. @param {string} path such as `$.content.answer.region` */
  refuse(path) {
    this.wrong = this.fields.find((field) => path === `$.content.answer.${field.name}`) ?? null;
    this.wrong?.mark(true);
  }

  focus() {
    (this.wrong ?? this.fields[0])?.focus();
  }

  lock(isLocked) {
    for (const field of this.fields) for (const control of field.controls) control.disabled = isLocked;
  }
}

/** One property, and the elements in which it is entered. */
class Field {
  constructor(property, id) {
    Object.assign(this, { ...property, id });
    this.title = property.title || property.name;
    const several = this.kind === "some";
    this.element = make(several ? "fieldset" : "div", `property ${this.kind}`);
    const caption = this.element.appendChild(make(several ? "legend" : "label", "", this.title));
    caption.dir = "auto";
    if (this.required) caption.append(make("span", "quiet", " (required)"));
    this.controls = several ? this.drawBoxes() : [this.drawControl(caption)];
    if (property.description) this.drawDescription(property.description);
    if (property.default !== undefined) this.entered = this.shown(property.default);
  }

  drawControl(caption) {
    // A line has no room for the line ends of a default.
    const hasLines = this.kind === "text" && this.default?.includes("\n");
    const control = make(this.kind === "one" ? "select" : hasLines ? "textarea" : "input");
    control.id = caption.htmlFor = `field-${this.id}`;
    if (this.kind === "one") {
      control.append(new Option("Choose", ""), ...this.options.map(({ label }, at) => new Option(plainText(label), at)));
    } else if (this.kind === "flag") {
      control.type = "checkbox";
      caption.prepend(control);
      return control;
    } else if (this.kind === "number") {
      const whole = this.type === "integer";
      Object.assign(control, { type: "number", step: whole ? 1 : "any" });
      // A browser counts its steps from the minimum.
      if (this.minimum !== undefined) control.min = whole ? Math.ceil(this.minimum) : this.minimum;
      if (this.maximum !== undefined) control.max = this.maximum;
    } else {
      if (!hasLines) control.type = INPUTS[this.format] ?? "text";
      if (this.maxLength !== undefined) control.maxLength = this.maxLength;
      if (!INPUTS[this.format]) control.dir = "auto";
    }
    this.element.append(control);
    return control;
  }

  drawBoxes() {
    return this.options.map(({ label }) => {
      const line = this.element.appendChild(make("label", "switch"));
      const box = line.appendChild(make("input"));
      box.type = "checkbox";
      line.append(make("span", "", label));
      return box;
    });
  }

  drawDescription(text) {
    const said = make("p", "quiet", text);
    said.id = `about-${this.id}`;
    said.dir = "auto";
    this.element.append(said);
    for (const control of this.controls) control.setAttribute("aria-describedby", said.id);
  }

  /** What stands in the fields; `shown` makes it of a value. */
  get entered() {
    if (this.kind === "some") return this.controls.map((box) => box.checked);
    return this.kind === "flag" ? this.controls[0].checked : this.controls[0].value;
  }

  set entered(kept) {
    if (this.kind === "some") this.controls.forEach((box, at) => (box.checked = Array.isArray(kept) && kept[at] === true));
    else if (this.kind === "flag") this.controls[0].checked = kept === true;
    else this.controls[0].value = kept;
  }

  shown(value) {
    if (this.kind === "some") return this.options.map((one) => Array.isArray(value) && value.includes(one.value));
    if (this.kind === "flag") return value === true;
    if (this.kind === "one") return String(Math.max(-1, this.options.findIndex((one) => one.value === value))).replace("-1", "");
    if (this.format !== "date-time") return String(value);
    const at = new Date(value);
    return isNaN(at) ? "" : new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  }

  get value() {
    const { entered } = this;
    if (this.kind === "some") {
      const chosen = this.options.filter((_, at) => entered[at]).map((one) => one.value);
      return chosen.length || this.required ? chosen : undefined;
    }
    if (this.kind === "flag") return entered;
    if (entered === "") return undefined;
    if (this.kind === "one") return this.options[entered].value;
    if (this.kind === "number") return Number(entered);
    return this.format === "date-time" ? new Date(entered).toISOString() : entered;
  }

  /** Say what is plainly wrong, or "". */
  get problem() {
    const [control] = this.controls;
    if (this.kind === "some") return this.countProblem(this.value?.length ?? 0);
    if (!control.checkValidity()) return control.validationMessage;
    if (this.required && this.value === undefined) return "this is needed.";
    // No server sees an encrypted answer; it counts characters, as a browser does not.
    if (this.kind === "text" && this.value && [...this.value].length < (this.minLength ?? 0)) {
      return `this needs at least ${this.minLength} characters.`;
    }
    // A whole number beyond this would be sent as another one.
    if (this.type === "integer" && this.value !== undefined && !Number.isSafeInteger(this.value)) return "this is too large.";
    return "";
  }

  countProblem(count) {
    if (!count && !this.required) return "";
    if (count < (this.minItems ?? 0)) return `choose at least ${this.minItems}.`;
    return count > (this.maxItems ?? Infinity) ? `choose at most ${this.maxItems}.` : "";
  }

  mark(problem) {
    for (const control of this.controls) control.setAttribute("aria-invalid", Boolean(problem));
  }

  focus() {
    this.controls[0]?.focus();
  }
}
