/**
 * Who sees what of whom, on every path that can be read: each row of the table is a read route, each column a way to
 * stand to the owner. A route without a row fails.
 */
import { expect } from 'chai';
import { routes } from '../../api/routes/index.ts';
import { keys } from '../../shared/keys.ts';
import type { Reply } from '../tools/client.ts';
import {
  type Kind,
  kinds,
  type Owned,
  type PrivacyWorld,
  privacyWorld,
  type Standing,
  standings,
} from '../tools/privacy.ts';
import { type World, world } from '../tools/world.ts';

/** What a read answers: the owner's part is in it, it is not, or the status of a refusal. */
type Outcome = 'shown' | 'hidden' | 403 | 404 | 410;
type Row = Record<Standing, Outcome>;

/** What the columns say unless a row says otherwise. */
function row(ordinary: Outcome, others: Partial<Row> = {}): Row {
  const all = Object.fromEntries(standings.map((standing) => [standing, ordinary])) as Row;
  return { ...all, ...others };
}

const across = (outcome: Outcome) => ({ blocked: outcome, blocker: outcome });

/** One thing by its id: what may not be seen is not there. */
const things: Record<Kind, Row> = {
  public: row('shown', across(404)),
  private: row(404, { follower: 'shown', muted: 'shown', owner: 'shown' }),
};
/** A list that leaves out what may not be seen. */
const lists: Record<Kind, Row> = {
  public: row('shown', across('hidden')),
  private: row('hidden', { follower: 'shown', muted: 'shown', owner: 'shown' }),
};
/** What a profile shows to those it may show itself to. Who blocked somebody knows them, and may not look. */
const profileLists: Record<Kind, Row> = {
  public: row('shown', { blocked: 404, blocker: 403 }),
  private: row(403, { follower: 'shown', muted: 'shown', owner: 'shown', blocked: 404 }),
};
/** That there is somebody: known to all but those they blocked. */
const people: Record<Kind, Row> = {
  public: row('shown', { blocked: 404 }),
  private: row('shown', { blocked: 404 }),
};
const peopleInLists: Record<Kind, Row> = {
  public: row('shown', { blocked: 'hidden' }),
  private: row('shown', { blocked: 'hidden' }),
};
/** What somebody did on the post of a third: seen by all but across a block. */
const acts: Record<Kind, Row> = {
  public: row('shown', across('hidden')),
  private: row('shown', across('hidden')),
};
/** What comes by following, and a mute keeps away. */
const followed: Record<Kind, Row> = {
  public: row('hidden', { follower: 'shown', owner: 'shown' }),
  private: row('hidden', { follower: 'shown', owner: 'shown' }),
};

type Read = {
  path(owned: Owned, world: PrivacyWorld): string;
  /** What the reply contains if it shows the owner's part. */
  needle(owned: Owned): string;
  expected: Record<Kind, Row>;
};

const read = (path: Read['path'], needle: Read['needle'], expected: Record<Kind, Row>): Read => ({
  path,
  needle,
  expected,
});
/** Why a read route shows nothing that belongs to anybody but who asks. */
const showsNobodyElse = (reason: string) => reason;

const post = (owned: Owned) => owned.postId;
const user = (owned: Owned) => `"${owned.owner.userId}"`;

const table: Record<string, Read | string> = {
  '/v1/feed': read(() => '/v1/feed', post, followed),
  '/v1/feed/explain': read((o) => `/v1/feed/explain?post_id=${o.postId}`, post, things),
  '/v1/explore': read(() => '/v1/explore?limit=100', post, {
    public: row('shown', { ...across('hidden'), follower: 'hidden', muted: 'hidden', owner: 'hidden' }),
    private: row('hidden'),
  }),
  '/v1/posts/{post_id}': read((o) => `/v1/posts/${o.postId}`, post, things),
  '/v1/posts/{post_id}/status': read(
    (o) => `/v1/posts/${o.postId}/status`,
    () => 'make-renditions',
    {
      public: row(403, { ...across(404), owner: 'shown', admin: 'shown' }),
      private: row(404, { follower: 403, muted: 403, owner: 'shown', admin: 'shown' }),
    },
  ),
  '/v1/posts/{post_id}/likes': read((_, w) => `/v1/posts/${w.neutralPostId}/likes`, user, peopleInLists),
  '/v1/posts/{post_id}/comments': read(
    (_, w) => `/v1/posts/${w.neutralPostId}/comments`,
    (o) => `${o.word} says`,
    acts,
  ),
  '/v1/comments/{comment_id}/replies': read(
    (o) => `/v1/comments/${o.replyId}/replies`,
    (o) => `${o.word} replies`,
    acts,
  ),
  '/v1/posts/nearby': read(
    (o) => `/v1/posts/nearby?lat=${o.word.startsWith('public') ? 10 : 20}&lng=30`,
    post,
    lists,
  ),
  '/v1/hashtags/{name}': showsNobodyElse('a name and a number'),
  '/v1/hashtags/{name}/posts': read(
    (o) => `/v1/hashtags/${o.word.replace('harbour', 'tag')}/posts`,
    post,
    lists,
  ),
  '/v1/locations/{location_id}': showsNobodyElse('a place and a number'),
  '/v1/locations/{location_id}/posts': read((o) => `/v1/locations/${o.locationId}/posts`, post, lists),
  '/v1/search': read((o) => `/v1/search?type=post&q=${o.word}`, post, lists),
  '/v1/users/{user_id}': read((o) => `/v1/users/${o.owner.userId}`, user, people),
  '/v1/users/{user_id}/posts': read((o) => `/v1/users/${o.owner.userId}/posts`, post, profileLists),
  '/v1/users/{user_id}/followers': read(
    (o) => `/v1/users/${o.owner.userId}/followers`,
    () => '"nina"',
    profileLists,
  ),
  '/v1/users/{user_id}/following': read(
    (o) => `/v1/users/${o.owner.userId}/following`,
    () => '"nina"',
    profileLists,
  ),
  '/v1/users/{user_id}/stories': read(
    (o) => `/v1/users/${o.owner.userId}/stories`,
    (o) => o.storyId,
    profileLists,
  ),
  '/v1/users/{user_id}/highlights': read(
    (o) => `/v1/users/${o.owner.userId}/highlights`,
    (o) => o.storyId,
    profileLists,
  ),
  '/v1/stories': read(
    () => '/v1/stories',
    (o) => o.storyId,
    followed,
  ),
  '/v1/stories/{story_id}/viewers': read(
    (o) => `/v1/stories/${o.storyId}/viewers`,
    () => 'view_count',
    {
      public: row(403, { ...across(404), owner: 'shown' }),
      private: row(404, { follower: 403, muted: 403, owner: 'shown' }),
    },
  ),
  '/v1/users/me/saved': read(() => '/v1/users/me/saved?limit=100', post, {
    public: { ...lists.public, owner: 'hidden' },
    private: { ...lists.private, owner: 'hidden' },
  }),
  '/v1/users/me/liked': read(() => '/v1/users/me/liked?limit=100', post, {
    public: { ...lists.public, owner: 'hidden' },
    private: { ...lists.private, owner: 'hidden' },
  }),
  '/v1/notifications': read(() => '/v1/notifications?limit=100', user, {
    public: row('shown', { ...across('hidden'), owner: 'hidden' }),
    private: row('shown', { ...across('hidden'), owner: 'hidden' }),
  }),
  '/v1/users/me': showsNobodyElse("the viewer's own profile"),
  '/v1/users/me/follow-requests': showsNobodyElse('who asks the viewer, and may be known'),
  '/v1/users/me/blocked': showsNobodyElse("the viewer's own list"),
  '/v1/users/me/muted': showsNobodyElse("the viewer's own list"),
  '/v1/users/me/archived': showsNobodyElse("the viewer's own posts"),
  '/v1/users/me/story-archive': showsNobodyElse("the viewer's own stories"),
  '/v1/users/me/export': showsNobodyElse("the viewer's own data"),
  '/v1/auth/sessions': showsNobodyElse("the viewer's own sessions"),
  '/v1/auth/totp': showsNobodyElse("the viewer's own settings"),
  '/v1/auth/passkeys': showsNobodyElse("the viewer's own passkeys"),
  '/v1/admin/reports': showsNobodyElse('for admins, who look into what was reported'),
  '/v1/admin/audit': showsNobodyElse('for admins, of what admins did'),
  '/v1/capabilities': showsNobodyElse('of the server'),
  '/v1/openapi.json': showsNobodyElse('of the server'),
};

function outcomeOf({ status, text }: Reply, needle: string): Outcome | string {
  if (status === 200) return text.includes(needle) ? 'shown' : 'hidden';
  return [403, 404, 410].includes(status) ? (status as Outcome) : `${status} ${text}`;
}

describe('the privacy matrix', function () {
  this.timeout(120_000);
  let w: World;
  let people: PrivacyWorld;
  before(async () => {
    w = await world();
    people = await privacyWorld(w);
    // What is popular is ranked once a minute; now everybody stands as they stand.
    await w.tools.cache.del(keys.exploreLatest);
  });
  after(() => w[Symbol.asyncDispose]());

  it('has a row for each read route, and no other', () => {
    const reads = new Set(routes.filter(({ method }) => method === 'get').map(({ path }) => path as string));
    expect([...reads].filter((path) => !(path in table))).to.eql([]);
    expect(Object.keys(table).filter((path) => !reads.has(path))).to.eql([]);
  });

  for (const [route, entry] of Object.entries(table)) {
    if (typeof entry === 'string') continue;
    for (const kind of kinds) {
      it(`GET ${route} of a ${kind} account`, async () => {
        const owned = people.owned[kind];
        const seen: Record<string, Outcome | string> = {};
        for (const standing of standings) {
          const reply = await people.viewer(standing, kind).get(entry.path(owned, people));
          seen[standing] = outcomeOf(reply, entry.needle(owned));
        }
        expect(seen).to.eql(entry.expected[kind]);
      });
    }
  }
});
