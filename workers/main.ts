/**
 * A worker process: `node workers/main.ts media feeds` serves these queues; `relay` among the names makes it
 * move events from the outbox to the queues too.
 */
import { loadConfig } from '../shared/config.ts';
import { type QueueName, queueNames } from '../shared/jobs.ts';
import { onStop } from '../shared/stop.ts';
import { startWorker } from './worker.ts';

const names = process.argv.slice(2);
const unknown = names.filter((name) => name !== 'relay' && !queueNames.includes(name as QueueName));
if (names.length === 0 || unknown.length > 0) {
  process.stderr.write(
    `${unknown.length > 0 ? `There is no queue named ${unknown.join(', ')}. ` : ''}` +
      `Type what to serve: node workers/main.ts relay ${queueNames.join(' ')}\n`,
  );
  process.exit(1);
}
try {
  const worker = await startWorker(loadConfig(), names);
  onStop(worker.stop);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
