/**
 * Every Redis key and channel. What one script touches together shares a cluster slot: the part in braces
 * is what the slot is computed from, and a key without braces is hashed whole, so `{feed:user_1}:marks`
 * lies beside `feed:user_1`. (Decision 17.)
 */
export const keys = {
  /** Sorted set: a user's precomputed feed; member post id, score Unix seconds. */
  feed: (userId: string) => `feed:${userId}`,
  /** Hash beside the feed: what the user liked or saved of it. */
  marks: (userId: string) => `{feed:${userId}}:marks`,
  /** Sorted set: whose stories wait for a user; member the owner's user id, score Unix seconds of their newest story. */
  tray: (userId: string) => `stories:${userId}`,
  /** Hash: what others may see of a user at a glance. */
  user: (userId: string) => `user:${userId}`,
  /** Set: the ids of those a user follows. */
  following: (userId: string) => `following:${userId}`,
  /** String: the token of whoever is filling the key. */
  fill: (key: string) => `{${key}}:fill`,
  /** Stream: what processes must forget of what they hold in memory. */
  changes: 'changes',
  /** Stream: what a user was told live; also the channel that carries it at once. */
  live: (userId: string) => `live:${userId}`,
  /** Sorted set: who is connected to the live channel; score Unix milliseconds when they were last seen. */
  connected: 'live-connected',
  /** String: who a one-use ticket of the live channel belongs to. */
  ticket: (ticket: string) => `ticket:${ticket}`,
  /** String: what a passkey's challenge was made for; it answers once. */
  challenge: (challenge: string) => `challenge:${challenge}`,
  /** String: an account was signed in to from this address, both told by a hash. */
  signInAddress: (hash: string) => `signin:${hash}`,
  /** String: the newest ranking of what is popular, `{id} {made at, Unix ms}`. */
  exploreLatest: 'explore:latest',
  /** String: taken by the process that makes the next ranking. */
  exploreMaking: 'explore:making',
  /** List: the post ids of one ranking, the best first. */
  exploreRanking: (id: string) => `explore:ranking:${id}`,
  /** String: how many requests were made in this window. */
  rateLimit: (who: string) => `ratelimit:${who}`,
  /** String: the outcome of a write, or the mark that it is in flight. */
  idempotency: (scope: string) => `idempotency:${scope}`,
  /** Hash: the metrics of each worker process. */
  metrics: 'metrics',
  /** Channel: an event was committed. */
  relayWake: 'relay:wake',
  /** BullMQ's prefix; the hash tag keeps all keys of one queue in one slot. */
  queuePrefix: (queue: string) => `{emulsion-${queue}}`,
} as const;
