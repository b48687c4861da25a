// JSON as it is written.

/** Parse JSON, numbers as they are written: what is approved is not what a float makes of it. */
export function parse(text) {
  if (!JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" && context && String(value) !== context.source
      ? JSON.rawJSON(context.source)
      : value,
  );
}
