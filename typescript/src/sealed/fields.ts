/** What may be filled into a field: what the server checks where it can read it. */

/** A value does not fit its field; the sentence says why, for whoever filled it in. */
export class Unfit extends Error {}

/** Returns a value as it is recorded; throws {@link Unfit} if it is none for the field. */
export type Fit = (value: unknown) => unknown;

/** Return how many characters a text has; not how many units of UTF-16. */
export function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** Say what kind of JSON a value is. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return "an array";
  const names: Record<string, string> = { string: "text", boolean: "true or false" };
  return typeof value === "object" ? "an object" : (names[typeof value] ?? "a number");
}

/** Whether a text is written as a format wants it, and what is said if it is not. */
export const FORMATS: Readonly<Record<string, readonly [(text: string) => boolean, string]>> = {
  email: [isEmail, "must be an address, such as ann@example.org"],
  uri: [isUri, "must be a URI, such as https://example.org/"],
  date: [isDate, "must be a date, such as 2026-01-31"],
  "date-time": [isTime, "must be a time with its zone, such as 2026-01-31T12:00:00Z"],
};

/** Words. */
export function textFit(least: number, most = Infinity, format?: string): Fit {
  return (value) => {
    if (typeof value !== "string") throw new Unfit(`must be text, not ${describe(value)}`);
    checkSize(lengthOf(value), least, most, "character");
    const [isSo, sentence] = (format === undefined ? undefined : FORMATS[format]) ?? [];
    if (isSo?.(value) === false) throw new Unfit(sentence);
    return value;
  };
}

/** A number. */
export function numberFit(isWhole: boolean, minimum = -Infinity, maximum = Infinity): Fit {
  const wanted = isWhole ? "a whole number" : "a number";
  return (value) => {
    if (typeof value !== "number") throw new Unfit(`must be ${wanted}, not ${describe(value)}`);
    if (!Number.isFinite(value)) throw new Unfit(`must be ${wanted}, and ${String(value)} is none`);
    if (isWhole && !Number.isInteger(value)) throw new Unfit("must be a whole number");
    if (isWhole && !Number.isSafeInteger(value))
      throw new Unfit("must not be beyond 2^53 - 1, which not every reader can read");
    if (value < minimum) throw new Unfit(`must be at least ${String(minimum)}`);
    if (value > maximum) throw new Unfit(`must be at most ${String(maximum)}`);
    return value;
  };
}

/** Yes or no. */
export function booleanFit(value: unknown): boolean {
  if (typeof value !== "boolean") throw new Unfit(`must be true or false, not ${describe(value)}`);
  return value;
}

/** One of several. */
export function choiceFit(options: readonly string[], wanted = "must be"): Fit {
  return (value) => {
    if (typeof value !== "string")
      throw new Unfit(`${wanted} the texts to choose from, not ${describe(value)}`);
    if (!options.includes(value))
      throw new Unfit(`${wanted} one of ${options.join(", ").slice(0, 500)}`);
    return value;
  };
}

/** Any of several, each once. */
export function choicesFit(options: readonly string[], least: number, most?: number): Fit {
  const fit = choiceFit(options, "must be of");
  return (value) => {
    if (!Array.isArray(value)) throw new Unfit(`must be an array, not ${describe(value)}`);
    // Also where nothing bounds it: a long array is no answer, and is not looked through.
    checkSize(value.length, least, most ?? options.length, "choice");
    const chosen = value.map(fit);
    if (new Set(chosen).size < chosen.length) throw new Unfit("must have each choice once");
    return chosen;
  };
}

function checkSize(size: number, least: number, most: number, what: string): void {
  const count = (number: number) => `${String(number)} ${what}${number === 1 ? "" : "s"}`;
  if (size < least) throw new Unfit(`must have at least ${count(least)}`);
  if (size > most) throw new Unfit(`must have at most ${count(most)}`);
}

/** Spaces and control characters are in no address. */
const BLANK = /[\u0000- \u007f]/;

function isEmail(text: string): boolean {
  return /^[^@]+@[^@]+$/.test(text) && !BLANK.test(text) && lengthOf(text) <= 254;
}

/** A scheme, and behind it a host or a path; a host in brackets is an address. */
function isUri(text: string): boolean {
  if (BLANK.test(text) || !/^[a-z][a-z\d+.-]*:(?!\/\/(?:[?#]|$))[^?#]/i.test(text)) return false;
  const host = /^[^:]*:\/\/([^/?#]*)/.exec(text)?.[1] ?? "";
  return !/[[\]]/.test(host) || /^([^[\]]*@)?\[[^[\]]+\](:\d*)?$/.test(host);
}

function isDate(text: string): boolean {
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
  if (!day || Number.isNaN(day.getTime())) return false;
  return day.toISOString().startsWith(text) && text >= "0001"; // JavaScript has a 30 February
}

function isTime(text: string): boolean {
  const [day = "", time = ""] = text.split("T", 2);
  const minutes = "([01]\\d|2[0-3]):[0-5]\\d";
  const clock = new RegExp(`^${minutes}:[0-5]\\d(\\.\\d{1,9})?(Z|[+-]${minutes})$`);
  return isDate(day) && clock.test(time) && text === `${day}T${time}`;
}
