/**
 * The relay: moves events from the outbox to the queues. It is woken after each commit and looks by itself
 * every second, so a lost wake-up costs a second. Any number may run; each event is moved by one of them.
 */
import { isJobName } from '../shared/jobs.ts';
import { keys } from '../shared/keys.ts';
import { effectJobId } from '../shared/queue.ts';
import { openSubscriber } from '../shared/redis/index.ts';
import type { Tools } from '../shared/tools.ts';

const batch = 200;
const lookEveryMs = 1_000;
/** After a failure (an engine away): long enough not to spin, short enough to go on at once. */
const pauseMs = 500;

export type Relay = {
  /** Moves everything that waits now. */
  drain(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts to move events, and goes on until it is stopped. */
export function startRelay(tools: Tools): Relay {
  const { outbox, queues, log, config } = tools;
  const subscriber = openSubscriber(config.QUEUE_REDIS_URL, log);
  let stopping = false;
  let current: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;

  async function moveAll(): Promise<void> {
    let moved: number;
    do {
      moved = await outbox.drain(batch, async (owed) => {
        // A newer version of the code may owe jobs this one does not know: its own sweep finds them.
        const [known = [], unknown = []] = [true, false].map((is) =>
          owed.filter(({ job }) => isJobName(job) === is),
        );
        for (const { eventId, job } of unknown)
          log.warn({ event_id: eventId, job }, 'a job nobody declares waits');
        await queues.addAll(
          known.map(({ eventId, job, payload }) => ({ name: job, payload, id: effectJobId(eventId, job) })),
        );
      });
      if (moved > 0) log.debug({ events: moved }, 'relayed');
    } while (moved === batch);
  }

  async function run(): Promise<void> {
    let waitMs = lookEveryMs;
    try {
      do {
        again = false;
        await moveAll();
      } while (again && !stopping);
    } catch (error) {
      waitMs = pauseMs;
      log.warn({ err: error }, 'events wait: they could not be moved');
    } finally {
      current = undefined;
      if (!stopping) timer = setTimeout(wake, waitMs);
    }
  }

  function wake(): void {
    if (stopping) return;
    if (current) {
      again = true;
      return;
    }
    clearTimeout(timer);
    current = run();
  }

  subscriber.on('message', wake);
  // ioredis subscribes again by itself when Redis is back.
  subscriber.subscribe(keys.relayWake).catch((error: Error) => {
    log.warn({ error: error.message }, 'the relay is not woken, it looks by itself');
  });
  wake();

  return {
    async drain() {
      await current;
      await moveAll();
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      await current;
      subscriber.disconnect();
    },
  };
}
