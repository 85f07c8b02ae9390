/** People, tags, places and captions to be found: the same ones in every run, with words as unevenly used as words are. */
import type { SearchDocument } from '../../../shared/search/index.ts';

export type Town = {
  size: number;
  documents(): Generator<SearchDocument>;
  nameOf(user: number): string;
  /** The word with this rank: the lower, the more often it is used. */
  wordOf(rank: number): string;
  /** A whole number below this. */
  pick(below: number): number;
};

const vocabulary = 50_000;
const wordsPerPost = 12;

const syllables = 'ka ri mo ta le su no vi sha de lan por ne gi tu bel co fra yo zen'.split(' ');
const base = syllables.length;

/** xorshift32, https://www.jstatsoft.org/article/view/v008i14: fast, and the same everywhere. */
function openDice(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A word of at least two syllables; another one for each number. */
function spell(number: number): string {
  let word = '';
  for (let rest = number + base; rest > 0; rest = Math.floor(rest / base)) word += syllables[rest % base];
  return word;
}

/** @param size how many users and posts; there is a hashtag for every 20 and a place for every 50 users */
export function makeTown({ users, posts }: { users: number; posts: number }): Town {
  const hashtags = Math.ceil(users / 20);
  const locations = Math.ceil(users / 50);
  const roll = openDice(20_261);
  const pick = (below: number) => Math.floor(roll() * below);
  // Neighbouring numbers must not spell neighbouring words: 7,919 is prime and scatters them.
  const wordOf = (rank: number) => spell((rank * 7_919) % vocabulary);
  const nameOf = (user: number) => `${spell((user * 7_919) % 160_000)}${user % 10 === 0 ? '' : user % 100}`;
  // Ranks by Zipf's law: of each factor of ten as many uses as of the next.
  const word = () => wordOf(Math.floor(vocabulary ** roll()) - 1);
  // Few have many: popularity goes over six orders of magnitude.
  const popularity = () => Math.floor(10 ** (6 * roll() ** 3)) - 1;
  const sentence = (length: number) => Array.from({ length }, word).join(' ');
  return {
    size: users + hashtags + locations + posts,
    *documents() {
      for (let at = 0; at < users; at += 1) {
        const fullName = `${wordOf(pick(300))} ${wordOf(pick(3_000))}`;
        yield { type: 'user', id: `user_${at}`, username: nameOf(at), fullName, popularity: popularity() };
      }
      for (let at = 0; at < hashtags; at += 1) {
        yield {
          type: 'hashtag',
          id: `${wordOf(at % vocabulary)}${at >= vocabulary ? at : ''}`,
          popularity: popularity(),
        };
      }
      for (let at = 0; at < locations; at += 1) {
        yield { type: 'location', id: `loc_${at}`, name: `${sentence(2)} ${at}`, popularity: popularity() };
      }
      for (let at = 0; at < posts; at += 1) {
        yield { type: 'post', id: `post_${at}`, text: sentence(wordsPerPost), popularity: popularity() };
      }
    },
    nameOf,
    wordOf,
    pick,
  };
}
