// Copying text, also where a browser offers no clipboard to the page: over plain HTTP.

/** Copy a field's text; resolve with a sentence for the person. */
export async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return "Copied.";
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy") ? "Copied." : "It is selected; copy it with Ctrl+C.";
  }
}
