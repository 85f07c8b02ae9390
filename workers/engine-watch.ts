/**
 * Jobs whose engine is away wait for it. That is no failed attempt: the job is put back, for half a minute at the most,
 * and taken up as soon as its engine is seen to be back, which a look-out asks once a second.
 *
 * Each process looks out for the jobs it put back itself. What it forgets by ending comes at its own time. (Decision 18.)
 */
import type { Job } from 'bullmq';
import { suspectsOf } from '../shared/away.ts';
import type { JobName } from '../shared/jobs.ts';
import { type Part, type Probe, probesOf } from '../shared/probes.ts';
import type { Tools } from '../shared/tools.ts';

const lookEveryMs = 1_000;
/** How long a job is put back for when nobody sees its engine return: the first time and at the most. */
const putBackMs = { first: 1_000, longest: 30_000 };
/** Jobs that are promoted at once, so that Redis has room for others between. */
const perRound = 100;
/** Of more jobs than these the ids are not kept, some 10 MB; the rest come at their own time. */
const keptIds = 100_000;

export type EngineWatch = {
  /**
   * Puts a running job back if what it threw comes of an engine that is away. An engine that answers when it is asked
   * is not away: then the attempt has failed like any other.
   *
   * @param token the worker's lock on the job
   * @returns whether it did; then the worker has to be told by BullMQ's DelayedError.
   */
  putBack(job: Job, token: string | undefined, error: unknown): Promise<boolean>;
  stop(): void;
};

/** The jobs that wait for a part that is away, by their names. */
type Outage = Map<JobName, Set<string>>;

/** Starts to watch; nothing is asked of an engine until a job has failed on it. */
export function watchEngines(tools: Tools, probes: Record<Part, Probe> = probesOf(tools)): EngineWatch {
  const { queues, log } = tools;
  const outages = new Map<Part, Outage>();
  const asking = new Map<Part, Promise<boolean>>();
  const timers = new Set<NodeJS.Timeout>();
  let isStopped = false;

  /** Asks a part, once for all who want to know at the same time. */
  function answers(part: Part): Promise<boolean> {
    const known = asking.get(part);
    if (known) return known;
    const asked = probes[part]().then(
      () => true,
      () => false,
    );
    asking.set(part, asked);
    void asked.finally(() => asking.delete(part));
    return asked;
  }

  async function isAway(part: Part): Promise<boolean> {
    if (outages.has(part)) return true;
    if (await answers(part)) return false;
    if (!outages.has(part) && !isStopped) {
      log.warn({ part }, 'an engine is away, its jobs wait');
      outages.set(part, new Map());
      lookLater(part);
    }
    return true;
  }

  function lookLater(part: Part): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      void look(part);
    }, lookEveryMs).unref();
    timers.add(timer);
  }

  async function look(part: Part): Promise<void> {
    const isBack = await answers(part);
    if (isStopped) return;
    if (!isBack) return lookLater(part);
    const waiting = outages.get(part) ?? new Map();
    outages.delete(part);
    const jobs = [...waiting.values()].reduce((sum, ids) => sum + ids.size, 0);
    log.info({ part, jobs }, 'an engine is back, its jobs are taken up');
    for (const [name, ids] of waiting) await takeUp(name, [...ids]);
  }

  async function takeUp(name: JobName, ids: string[]): Promise<void> {
    try {
      for (let from = 0; from < ids.length && !isStopped; from += perRound) {
        await queues.promote(name, ids.slice(from, from + perRound));
      }
    } catch (error) {
      log.warn({ err: error, job: name }, 'jobs could not be taken up at once and come at their own time');
    }
  }

  function note(part: Part, name: JobName, id: string): Promise<void> | void {
    const waiting = outages.get(part);
    // It came back between the failure and now.
    if (!waiting) return takeUp(name, [id]);
    const ids = waiting.get(name) ?? new Set();
    waiting.set(name, ids);
    if (ids.size < keptIds) ids.add(id);
  }

  return {
    async putBack(job, token, error) {
      const suspects = suspectsOf(error);
      if (!token || !job.id || suspects.length === 0) return false;
      const found = await Promise.all(suspects.map(isAway));
      const part = suspects[found.indexOf(true)];
      if (!part) return false;
      const delayMs = Math.min(putBackMs.longest, putBackMs.first * 2 ** (job.attemptsStarted - 1));
      try {
        // Half of it at random, so that those who failed together do not return together.
        await job.moveToDelayed(Date.now() + delayMs * (1 - Math.random() / 2), token);
      } catch {
        // Without Redis nothing can be put back: the worker's lock lapses, and the job is taken over.
        return false;
      }
      await note(part, job.name as JobName, job.id);
      return true;
    },
    stop() {
      isStopped = true;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}
