/** Which of several choices an answer means; the server cannot tell where it cannot read them. */

/**
 * Return the index of the choice that an answer names, by its text or its number from 1.
 * @returns the index from 0; `undefined` if it is none of them
 */
export function choose(choices: readonly string[], answer: string): number | undefined {
  // The very text first: choices may differ in nothing but case or spaces.
  const exact = choices.indexOf(answer);
  if (exact >= 0) return exact;
  const folded = fold(answer);
  const alike = choices.findIndex((choice) => fold(choice) === folded);
  if (alike >= 0) return alike;
  const number = /^\d{1,3}$/.test(answer.trim()) ? Number(answer.trim()) : 0;
  return number >= 1 && number <= choices.length ? number - 1 : undefined;
}

/** By way of capitals also letters come together that have two small forms, or none. */
function fold(text: string): string {
  return text.trim().toUpperCase().toLowerCase();
}
