/** How long a text is for people and for Postgres, where an emoji of two code units is one character, and what precedes it. */

/** What zod's `refine` wants, to demand at least so many characters. */
export function atLeast(characters: number): [check: (text: string) => boolean, message: string] {
  return [(text) => [...text].length >= characters, `Must be at least ${characters} characters`];
}

/** What zod's `refine` wants, to allow at most so many characters. */
export function atMost(characters: number): [check: (text: string) => boolean, message: string] {
  return [
    (text) => text.length <= characters || [...text].length <= characters,
    `Must be at most ${characters} characters`,
  ];
}

/**
 * A text that comes before this one in the order of UTF-8 bytes, with no other between them whose characters are
 * assigned: for a list that begins behind a text and should begin with one.
 */
export function justBefore(text: string): string {
  const last = [...text].at(-1) ?? '';
  const rest = text.slice(0, text.length - last.length);
  const code = last.codePointAt(0) ?? 0;
  if (code <= 1) return rest;
  // Surrogates are no characters.
  const previous = code === 0xe000 ? 0xd7ff : code - 1;
  return `${rest}${String.fromCodePoint(previous)}\u{10fffd}`;
}
