/** What a worker process counts about itself. */
import { Histogram } from 'prom-client';

export const attemptSeconds = new Histogram({
  name: 'emulsion_job_attempt_seconds',
  help: 'How long attempts of jobs took, by outcome: done, retried, failed.',
  labelNames: ['job', 'outcome'] as const,
  buckets: [0.005, 0.02, 0.1, 0.5, 2, 10, 60],
});
