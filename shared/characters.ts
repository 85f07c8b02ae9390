/** How long a text is for people and for Postgres: an emoji of two code units is one character. */

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
