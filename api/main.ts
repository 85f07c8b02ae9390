/** The API process. */
import { loadConfig } from '../shared/config.ts';
import { onStop } from '../shared/stop.ts';
import { startServer } from './server.ts';
import { openApiTools } from './tools.ts';

try {
  const tools = await openApiTools(loadConfig());
  const api = await startServer(tools);
  onStop(async () => {
    await api.stop();
    await tools.stop();
  });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
