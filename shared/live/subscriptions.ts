/**
 * What this process hears for the users connected to it: one connection to Redis, subscribed to one channel
 * per user. Each message names the one it follows. If that is not the last one heard (the connection was
 * away, Redis lost the stream), what lies between is read from the stream first.
 */
import { Failure } from '../errors.ts';
import { keys } from '../keys.ts';
import type { Log } from '../log.ts';
import { openSubscriber, type Redis, type Server } from '../redis/index.ts';
import { forgetUnseen, sawConnected } from './connected.ts';
import { gapText, messageText, paddedId, parsePublished } from './messages.ts';
import { keepStreams, openStream, readAfter } from './streams.ts';

/** How long a new subscription waits for a connection that is being made anew. */
const subscribeTimeoutMs = 5_000;

/** What a listener is called with: the JSON text of a message. */
export type Hear = (text: string) => void;

type Listener = { hear: Hear; lastId: string };

type Subscription = {
  userId: string;
  stream: string;
  /** The newest message that went to the listeners; '' until the stream is open. */
  lastId: string;
  listeners: Set<Listener>;
  /** Listeners and those about to be; without any the subscription ends. */
  wanted: number;
  /** Resolves when the channel is subscribed. */
  ready: Promise<void>;
  isReading: boolean;
  /** Something was published while the stream was being read. */
  isBehind: boolean;
};

export type Subscriptions = {
  add(userId: string, resumeFrom: string | undefined, hear: Hear): Promise<() => void>;
  close(): void;
};

/** Opens the table of subscriptions; the connection is made for the first of them. */
export function openSubscriptions(
  cache: Redis,
  cacheUrl: string,
  log: Log,
  checkEveryMs: number,
): Subscriptions {
  const subscriptions = new Map<string, Subscription>();
  let connection: Server | undefined;
  let timer: NodeJS.Timeout | undefined;

  function deliver(subscription: Subscription, id: string, text: string) {
    subscription.lastId = id;
    for (const listener of subscription.listeners) {
      if (id <= listener.lastId) continue;
      listener.lastId = id;
      listener.hear(text);
    }
  }

  function deliverGap(subscription: Subscription, newestId: string) {
    log.info({ stream: subscription.stream }, 'a live stream has lost messages');
    subscription.lastId = newestId;
    for (const listener of subscription.listeners) {
      listener.lastId = newestId;
      listener.hear(gapText);
    }
  }

  /** Reads and delivers what was not heard. What is published meanwhile is found by reading once more. */
  async function catchUp(subscription: Subscription) {
    if (subscription.isReading) {
      subscription.isBehind = true;
      return;
    }
    subscription.isReading = true;
    try {
      do {
        subscription.isBehind = false;
        const missed = await readAfter(cache, subscription.stream, subscription.lastId);
        if (missed.isGap) deliverGap(subscription, missed.newestId);
        for (const { id, text } of missed.messages) deliver(subscription, id, text);
      } while (subscription.isBehind);
    } finally {
      subscription.isReading = false;
    }
  }

  /** While Redis is away nothing is lost by waiting: its return, the next message or check begins anew. */
  function catchUpIfPossible(subscription: Subscription) {
    catchUp(subscription).catch((error: Error) => {
      log.debug({ error: error.message }, 'a live stream could not be read');
    });
  }

  function onPublished(stream: string, published: string) {
    const subscription = subscriptions.get(stream);
    if (!subscription) return;
    if (subscription.isReading) {
      subscription.isBehind = true;
      return;
    }
    const { previousId, id, type, dataText } = parsePublished(published);
    if (previousId === subscription.lastId) deliver(subscription, id, messageText(id, type, dataText));
    else if (id > subscription.lastId) catchUpIfPossible(subscription);
  }

  function check() {
    keepStreams(cache, [...subscriptions.keys()], (stream, newestId) => {
      const subscription = subscriptions.get(stream);
      if (subscription?.lastId && subscription.lastId !== newestId) catchUpIfPossible(subscription);
    })
      .then(() =>
        sawConnected(
          cache,
          [...subscriptions.values()].map(({ userId }) => userId),
        ),
      )
      .then(() => forgetUnseen(cache))
      .catch((error: Error) => log.debug({ error: error.message }, 'live streams could not be checked'));
  }

  async function resubscribe(redis: Server) {
    await Promise.allSettled([...subscriptions.keys()].map((stream) => redis.subscribe(stream)));
    check();
  }

  function connect(): Server {
    const redis = openSubscriber(cacheUrl, log);
    // ioredis would subscribe to all channels in one command, and when the connection ends in the middle of
    // that it miscounts the replies to its second attempt. One command a channel has no middle.
    redis.options.autoResubscribe = false;
    redis.on('message', onPublished);
    redis.on('ready', () => void resubscribe(redis));
    cache.on('ready', check);
    timer = setInterval(check, checkEveryMs).unref();
    return redis;
  }

  async function begin(subscription: Subscription) {
    subscription.lastId = await openStream(cache, subscription.stream);
    await sawConnected(cache, [subscription.userId]);
    connection ??= connect();
    await inTime(connection.subscribe(subscription.stream));
    await catchUp(subscription);
  }

  function subscriptionTo(userId: string): Subscription {
    const stream = keys.live(userId);
    const known = subscriptions.get(stream);
    if (known) return known;
    const made: Subscription = {
      userId,
      stream,
      lastId: '',
      listeners: new Set(),
      wanted: 0,
      ready: Promise.resolve(),
      isReading: false,
      isBehind: false,
    };
    subscriptions.set(stream, made);
    made.ready = begin(made);
    return made;
  }

  function release(subscription: Subscription) {
    subscription.wanted -= 1;
    if (subscription.wanted > 0) return;
    subscriptions.delete(subscription.stream);
    connection?.unsubscribe(subscription.stream).catch(() => {});
  }

  /** Tells one listener what it missed, until it has heard as much as the others. */
  async function replay(subscription: Subscription, listener: Listener) {
    for (;;) {
      const missed = await readAfter(cache, subscription.stream, listener.lastId);
      if (missed.isGap) listener.hear(gapText);
      for (const { text } of missed.messages) listener.hear(text);
      listener.lastId = missed.newestId;
      if (subscription.lastId <= listener.lastId) break;
      await catchUp(subscription);
    }
    subscription.listeners.add(listener);
  }

  return {
    async add(userId, resumeFrom, hear) {
      const subscription = subscriptionTo(userId);
      subscription.wanted += 1;
      const listener = { hear, lastId: '' };
      try {
        await subscription.ready;
        if (resumeFrom === undefined) {
          listener.lastId = subscription.lastId;
          subscription.listeners.add(listener);
        } else {
          listener.lastId = paddedId(resumeFrom);
          await replay(subscription, listener);
        }
      } catch (error) {
        release(subscription);
        throw error;
      }
      return () => {
        if (subscription.listeners.delete(listener)) release(subscription);
      };
    },
    close() {
      clearInterval(timer);
      cache.off('ready', check);
      connection?.disconnect();
      connection = undefined;
    },
  };
}

/** @throws {Failure} SERVICE_UNAVAILABLE when the time is over. */
async function inTime(subscribed: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Failure('SERVICE_UNAVAILABLE', { reason: 'The live channel is away' }, { retryAfterS: 2 }));
    }, subscribeTimeoutMs);
  });
  try {
    await Promise.race([subscribed, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
