/** What a caption names: hashtags, and the people it mentions. */

/** More tags than this are noise (Instagram's limit, too); `hashtags.name` holds 100 characters. */
const maxHashtags = 30;
const maxHashtagLength = 100;

/** Addresses hold `#` and `@` that name nothing here. They end at the first character that is not ASCII. */
const address = /(?:https?:\/\/|www\.)[!-~]+/gi;

/** They follow an emoji and would pass for the last letter of a word. */
const variationSelectors = /[\ufe0e\ufe0f]/g;

/** One or more tags without a gap, not in the middle of a word, address or entity. `＃` is Japanese keyboards' `#`. */
const hashtagRuns = /(?<![\p{L}\p{N}\p{Mn}\p{Mc}_#＃/&])(?:[#＃][\p{L}\p{N}_][\p{L}\p{M}\p{N}_]*)+/gu;

/** A username as registration allows it, so that a full stop behind it ends the sentence, not the name. */
const mentions =
  /(?<![\p{L}\p{N}\p{M}_.@/+-])@([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)(?![\p{Script=Latin}\p{N}\p{M}@])/gu;

const maxUsernameLength = 30;

/**
 * The hashtags of a caption, without `#`: NFC, lower case, each once, in the order they appear, the first 30.
 * A tag is letters, marks, digits and underscores of any script, with a letter among them; one of more than
 * 100 characters is none.
 */
export function hashtagsOf(caption: string): string[] {
  const text = caption.replace(address, ' ').replace(variationSelectors, '');
  const tags = new Set<string>();
  for (const [run] of text.matchAll(hashtagRuns)) {
    for (const written of run.split(/[#＃]/)) {
      const tag = written.toLowerCase().normalize('NFC');
      if (/\p{L}/u.test(tag) && [...tag].length <= maxHashtagLength) tags.add(tag);
    }
  }
  return [...tags].slice(0, maxHashtags);
}

/**
 * The usernames a caption mentions, without `@`: lower case, each once, in the order they appear. Whether
 * there are such users is not known here.
 */
export function mentionsOf(caption: string): string[] {
  const names = new Set<string>();
  for (const [, name] of caption.replace(address, ' ').matchAll(mentions)) {
    if (name && name.length <= maxUsernameLength) names.add(name.toLowerCase());
  }
  return [...names];
}
