/** Who there will be and what they will do, drawn from a seed: the same seed gives the same world. */
import { type FilterName, filterNames } from '../../shared/images/filter-names.ts';
import { captions, firstNames, hashtags, lastNames, places } from './words.ts';

export type PlannedUser = { username: string; fullName: string; email: string };

/** Users are named by their place in the plan. */
export type PlannedPost = {
  author: number;
  photo: { width: number; height: number; seed: number; orientation: number };
  caption: string;
  location: (typeof places)[number] | undefined;
  filter: FilterName;
  tagged: number[];
  likedBy: number[];
};

export type Plan = {
  users: PlannedUser[];
  follows: { follower: number; followed: number }[];
  posts: PlannedPost[];
};

/** From a story's shape to a panorama's; the largest has 12 megapixels. The small ones are quick to draw. */
const sizes: [width: number, height: number][] = [
  ...([
    [1080, 1350],
    [1080, 1080],
    [1200, 800],
    [1080, 1350],
    [1600, 1200],
    [900, 1600],
  ] as [number, number][]),
  ...([
    [1920, 1080],
    [2048, 1365],
    [640, 480],
    [2400, 800],
    [1365, 2048],
    [4000, 3000],
  ] as [number, number][]),
];
/** Exif 2.32, tag 0x0112: upright, and the seven ways of turning and mirroring. */
const orientations = 8;
const mostLikes = 12;
const mostFollowed = 20;

/** Draws numbers; `below(n)` is a whole one from 0 to n - 1. */
type Draw = { below(limit: number): number; of<T>(list: readonly T[]): T; isTrue(chance: number): boolean };

/** mulberry32: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function drawFrom(seed: number): Draw {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    of: <T>(list: readonly T[]) => list[below(list.length)] as T,
    isTrue: (chance) => next() < chance,
  };
}

function planUser(seed: number, number: number, draw: Draw): PlannedUser {
  const fullName = `${draw.of(firstNames)} ${draw.of(lastNames)}`;
  const plain = fullName
    .normalize('NFD')
    .replace(/[^A-Za-z ]/g, '')
    .toLowerCase()
    .replace(' ', '.');
  // Seed and number make it unique; with them it stays within the 30 characters of a username.
  const username = `${plain}.${seed}.${number + 1}`.slice(-30).replace(/^\./, '');
  return { username, fullName, email: `${username}@example.org` };
}

/** Some of the others, each at most once. */
function others(draw: Draw, users: number, self: number, most: number): number[] {
  const drawn = Array.from({ length: draw.below(most + 1) }, () => draw.below(users));
  return [...new Set(drawn)].filter((user) => user !== self);
}

function planPost(number: number, users: PlannedUser[], seed: number, draw: Draw): PlannedPost {
  const author = draw.below(users.length);
  const [width, height] = sizes[number % sizes.length] as [number, number];
  const tagged = draw.isTrue(0.2) ? others(draw, users.length, author, 2) : [];
  const mentions = tagged.map((user) => `@${users[user]?.username}`);
  const tags = new Set(Array.from({ length: draw.below(4) }, () => `#${draw.of(hashtags)}`));
  return {
    author,
    photo: { width, height, seed: (seed + 1) * 100_003 + number, orientation: 1 + (number % orientations) },
    caption: [draw.of(captions), ...mentions, ...tags].join(' '),
    location: draw.isTrue(0.6) ? draw.of(places) : undefined,
    filter: draw.isTrue(0.4) ? draw.of(filterNames) : 'none',
    tagged,
    likedBy: others(draw, users.length, author, mostLikes),
  };
}

/** Everybody follows the first user, and up to twenty others. */
export function makePlan({ users, posts, seed }: { users: number; posts: number; seed: number }): Plan {
  const draw = drawFrom(seed);
  const people = Array.from({ length: users }, (_, number) => planUser(seed, number, draw));
  const follows = people.flatMap((_, follower) => {
    const followed = new Set(others(draw, users, follower, mostFollowed));
    if (follower > 0) followed.add(0);
    return [...followed].map((user) => ({ follower, followed: user }));
  });
  return {
    users: people,
    follows,
    posts: Array.from({ length: posts }, (_, number) => planPost(number, people, seed, draw)),
  };
}
