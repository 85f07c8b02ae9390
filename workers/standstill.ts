/**
 * Finds queues whose worker takes no job although some wait. That befalls a worker whose connection was in the middle of
 * a command when a master of a Redis Cluster died: it can wait for ever for an answer that nobody gives.
 */
import type { QueueName } from '../shared/jobs.ts';
import type { Tools } from '../shared/tools.ts';

const lookEveryMs = 2_000;
/** A worker that is well takes a job within milliseconds; this often in a row it is seen to take none. */
const looksInARow = 3;

/** How much a worker does: how many jobs it is at, and how many it has begun since it was made. */
export type Pulse = { running: number; begun: number };

/**
 * Looks every two seconds whether a queue stands still.
 *
 * @param pulseOf how the worker of a queue does
 * @param replace is called when it stood still for three looks
 * @returns ends the looks
 */
export function watchForStandstill(
  { queues, log }: Pick<Tools, 'queues' | 'log'>,
  names: readonly QueueName[],
  pulseOf: (queue: QueueName) => Pulse,
  replace: (queue: QueueName) => void,
): () => void {
  const seen = new Map<QueueName, { begun: number; times: number }>();
  let isLooking = false;

  async function look(queue: QueueName): Promise<void> {
    const before = pulseOf(queue);
    const isIdle = before.running === 0 && (await queues.counts(queue)).waiting > 0;
    if (!isIdle || (await queues.isPaused(queue)) || pulseOf(queue).begun !== before.begun) {
      seen.delete(queue);
      return;
    }
    const known = seen.get(queue);
    const times = known?.begun === before.begun ? known.times + 1 : 1;
    seen.set(queue, { begun: before.begun, times });
    if (times < looksInARow) return;
    seen.delete(queue);
    log.warn({ queue }, 'a queue stands still, its worker is replaced');
    replace(queue);
  }

  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // While Redis is away nothing can be told; it is no standstill.
    void Promise.all(names.map((queue) => look(queue).catch(() => seen.delete(queue)))).finally(() => {
      isLooking = false;
    });
  }, lookEveryMs).unref();
  return () => clearInterval(timer);
}
