/** What a worker process counts about itself. */
import { Histogram, Registry } from 'prom-client';

/** Published to whichever API process serves /metrics. */
export const workerRegistry = new Registry();

export const attemptSeconds = new Histogram({
  name: 'emulsion_job_attempt_seconds',
  help: 'How long attempts of jobs took, by outcome: done, retried, failed.',
  labelNames: ['job', 'outcome'] as const,
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
  registers: [workerRegistry],
});
