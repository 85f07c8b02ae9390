/** What a worker process holds: tools, consumers of its queues, and perhaps the relay. */
import type { Config } from '../shared/config.ts';
import { newId } from '../shared/ids.ts';
import type { QueueName } from '../shared/jobs.ts';
import { publishMetrics } from '../shared/process-metrics.ts';
import { openScratchFolder } from '../shared/scratch-folder.ts';
import { openTools, type Tools } from '../shared/tools.ts';
import { archivesFolder } from './archives-folder.ts';
import { consume } from './consume.ts';
import { handlers } from './handlers/index.ts';
import { startHeartbeat } from './heartbeat.ts';
import { workerRegistry } from './metrics.ts';
import { type Relay, startRelay } from './relay.ts';
import { renditionsFolder } from './renditions-folder.ts';
import { scheduleSweeps } from './sweep.ts';

export type RunningWorker = { tools: Tools; relay: Relay | undefined; stop(): Promise<void> };

/**
 * Starts a worker.
 *
 * @param names queues to serve, and `relay` to relay
 * @throws whatever kept it from starting; nothing of it runs then.
 */
export async function startWorker(config: Config, names: readonly string[]): Promise<RunningWorker> {
  const relays = names.includes('relay');
  const queues = names.filter((name) => name !== 'relay') as QueueName[];
  const tools = await openTools(config, names.length === 1 ? (names[0] as string) : 'worker', {
    maintainOutbox: relays,
  });
  const ends: (() => Promise<unknown>)[] = [tools.stop];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    await openScratchFolder(renditionsFolder(config.DATA_DIR));
    await openScratchFolder(archivesFolder(config.DATA_DIR));
    ends.push(await startHeartbeat(config.HEARTBEAT_FILE, tools.log));
    ends.push(publishMetrics(tools.cache, newId('process'), workerRegistry, tools.log));
    ends.push(consume(tools, handlers, queues).stop);
    const relay = relays ? startRelay(tools) : undefined;
    if (relay) {
      ends.push(relay.stop);
      await scheduleSweeps(tools);
    }
    tools.log.info({ queues, relays }, 'worker ready');
    return { tools, relay, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
