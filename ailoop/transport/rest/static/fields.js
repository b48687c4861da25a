// The fields of a question that carries a schema, read strictly: of an encrypted one no server
// has looked at it, and whoever wrote it may mean harm.

const FORMATS = new Set(["email", "uri", "date", "date-time"]);
const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What a property may have, as on the server; a keyword that nobody knows here rules something out. */
const COUNTED = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"];
const SAID = ["title", "description"];
const KEYWORDS = new Set(["type", "default", "enum", "oneOf", "items", "format", "uniqueItems", ...COUNTED, ...SAID]);
const MOST_FIELDS = 50;
const MOST_OPTIONS = 100;

/**
 * Read a schema.
 * @returns {object[]} for each property: `name`, `kind`, `required`, `options` and what it says
 * @throws {Error} it is no form
 */
export function readFields(schema) {
  if (!isObject(schema) || !isObject(schema.properties)) throw new Error("the schema is no form");
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  const properties = Object.entries(schema.properties);
  if (properties.length > MOST_FIELDS) throw new Error("more fields than a form has");
  return properties.map(([name, property]) => ({ ...readProperty(property), name, required: required.has(name) }));
}

function readProperty(property) {
  if (!isObject(property) || !Object.keys(property).every((one) => KEYWORDS.has(one))) {
    throw new Error("a property of the schema is none");
  }
  const kind = kindOf(property);
  const options = kind === "one" ? optionsOf(property) : kind === "some" ? optionsOf(property.items) : [];
  if (options.length > MOST_OPTIONS) throw new Error("more choices than a field has");
  const read = { ...property, kind, options };
  for (const name of COUNTED) if (name in read) read[name] = numberOf(read[name]);
  if (SAID.some((name) => name in read && !isText(read[name]))) throw new Error("words that are none");
  if (kind === "number" && "default" in read) read.default = numberOf(read.default);
  else if (kind === "text" && "default" in read && !isText(read.default)) throw new Error("a default that is no text");
  return read;
}

/** Return a number as one to count with; parsed as it was written (json.js), 1.0 is an object. */
function numberOf(value) {
  const number = Number(JSON.stringify(value));
  if (Number.isNaN(number)) throw new Error("a number that is none");
  return number;
}

function kindOf(property) {
  if (property.type === "array" && isObject(property.items)) return "some";
  if (property.enum || property.oneOf) return "one";
  if (property.type === "boolean") return "flag";
  if (property.type === "integer" || property.type === "number") return "number";
  if (property.type === "string" && (property.format === undefined || FORMATS.has(property.format))) return "text";
  throw new Error("a property of the schema is of no kind that is known");
}

function optionsOf(property) {
  const named = property.oneOf ?? property.anyOf;
  if (Array.isArray(named) && named.every((one) => isText(one?.const))) {
    return named.map((one) => ({ value: one.const, label: isText(one.title) ? one.title : one.const }));
  }
  if (!Array.isArray(property.enum) || !property.enum.every(isText)) throw new Error("choices that are none");
  return property.enum.map((value) => ({ value, label: value }));
}
