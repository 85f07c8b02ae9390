/** What every job gets, once for all: its payload parsed, its time limited, its outcome logged, counted and recorded. */
import { type Job as BullJob, UnrecoverableError } from 'bullmq';
import { isEngineAway } from '../shared/away.ts';
import { effectDone, effectFailed, effectStarted } from '../shared/effects.ts';
import { type AnyJob, type JobName, type JobNamed, jobs, type PayloadOf } from '../shared/jobs.ts';
import { effectJobId } from '../shared/queue.ts';
import { withRequestId } from '../shared/request-context.ts';
import type { Tools } from '../shared/tools.ts';
import { attemptSeconds } from './metrics.ts';

export type HandlerContext = {
  tools: Tools;
  /** Aborted when the attempt's time is over; for jobs that take long also when the process is to stop. */
  signal: AbortSignal;
};

/** Does one job. It may run twice: re-read, gone → return, no longer needed → return, do the one thing. */
export type Handler<Name extends JobName> = (
  payload: PayloadOf<JobNamed<Name>>,
  context: HandlerContext,
) => Promise<void>;

/** Every job has its handler: one that lacks it does not compile. */
export type Handlers = { [Name in JobName]: Handler<Name> };

/** Thrown by a handler when trying again cannot help. */
export class GiveUp extends UnrecoverableError {
  override name = 'GiveUp';
}

const byName = new Map<string, AnyJob>(jobs.map((job) => [job.name, job]));

/** The effect a job is, told by its id; other jobs (roll-ups, parts) are none. */
export function effectOf(job: BullJob): { eventId: string; job: string } | undefined {
  const eventId = job.id?.slice(0, job.id.indexOf('-'));
  if (!eventId?.startsWith('event_') || job.id !== effectJobId(eventId, job.name)) return undefined;
  return { eventId, job: job.name };
}

/** Jobs of these queues may take longer than a process has to stop. What breaks off is taken up again. */
const isLong = (job: AnyJob) => job.queue === 'accounts';

/**
 * Runs one attempt of a job.
 *
 * @param stopping aborted when the process is to stop
 * @throws whatever the handler threw, for BullMQ to try again or give up.
 */
export async function runJob(
  tools: Tools,
  handlers: Handlers,
  bullJob: BullJob,
  stopping: AbortSignal = new AbortController().signal,
): Promise<void> {
  const requestId = (bullJob.data as { requestId?: string } | undefined)?.requestId;
  const run = () => attempt(tools, handlers, bullJob, stopping);
  return requestId ? withRequestId(requestId, run) : run();
}

async function attempt(
  tools: Tools,
  handlers: Handlers,
  bullJob: BullJob,
  stopping: AbortSignal,
): Promise<void> {
  const { db, log } = tools;
  const declared = byName.get(bullJob.name);
  if (!declared) {
    log.error({ job: bullJob.name, id: bullJob.id }, 'a job nobody declares');
    throw new GiveUp(`there is no job named ${bullJob.name}`);
  }
  const effect = effectOf(bullJob);
  const number = bullJob.attemptsMade + 1;
  const started = performance.now();
  const controller = new AbortController();
  const signal = isLong(declared) ? AbortSignal.any([controller.signal, stopping]) : controller.signal;
  const facts = { job: bullJob.name, job_id: bullJob.id, attempt: number };
  try {
    const payload = declared.payload.safeParse(bullJob.data);
    if (!payload.success) throw new GiveUp(`the payload is not this job's: ${payload.error.message}`);
    if (effect) await effectStarted(db, effect);
    const handle = handlers[declared.name] as (payload: unknown, context: HandlerContext) => Promise<void>;
    await withTimeout(handle(payload.data, { tools, signal }), declared.timeoutMs, controller);
    if (effect) await effectDone(db, effect);
    const ms = performance.now() - started;
    attemptSeconds.observe({ job: bullJob.name, outcome: 'done' }, ms / 1_000);
    log.info({ ...facts, ms: Math.round(ms) }, 'job done');
  } catch (error) {
    // An engine that is away for longer than all attempts is no failure of the job, nor is that its process stops: the
    // effect stays owed, and the sweep enqueues it again.
    const isExcused = effect && (isEngineAway(error) || (isLong(declared) && stopping.aborted));
    const isOut = number >= (bullJob.opts.attempts ?? 1) && !isExcused;
    const isLast = error instanceof UnrecoverableError || isOut;
    attemptSeconds.observe(
      { job: bullJob.name, outcome: isLast ? 'failed' : 'retried' },
      (performance.now() - started) / 1_000,
    );
    log[isLast ? 'error' : 'warn'](
      { ...facts, err: error },
      isLast ? 'job failed for good' : 'job failed, to be retried',
    );
    const reason = error instanceof Error ? error.message : String(error);
    if (effect) await effectFailed(db, effect, reason, isLast).catch(() => {});
    throw error;
  }
}

async function withTimeout(
  work: Promise<void>,
  timeoutMs: number,
  controller: AbortController,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      controller.abort();
      reject(new Error(`no end after ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
