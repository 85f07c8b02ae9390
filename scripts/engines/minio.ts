/** MinIO: one server with one drive, built from its Go module. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'minio';
import { endLeftover } from '../embedded/leftover.ts';
import { isListening } from '../embedded/port.ts';
import { spawnEngine } from '../embedded/spawn-engine.ts';
import { cached, runTool } from './fetch.ts';
import type { RealEngine } from './room.ts';
import { versions } from './versions.ts';

const missingGo =
  'MinIO is built with Go, and there is no go on the PATH. Install Go 1.24 or newer:\n' +
  '  Debian, Ubuntu:  sudo apt-get install golang-go   (or the current one from go.dev)\n' +
  '  Fedora:          sudo dnf install golang\n' +
  '  macOS:           brew install go';

/** Builds the server unless the cache has it. @returns the program */
async function provideMinio(signal: AbortSignal): Promise<string> {
  const folder = await cached(`minio-${versions.minio}`, 'Building MinIO (some minutes, once)', (draft) =>
    runTool('go', ['install', `github.com/minio/minio@${versions.minio}`], {
      cwd: draft,
      env: { GOBIN: draft },
      missing: missingGo,
      signal,
    }),
  );
  return join(folder, 'minio');
}

export const minio: RealEngine = {
  portOffset: 0,
  async start(room) {
    const command = await provideMinio(room.signal);
    const data = join(room.folder, 'data');
    mkdirSync(data, { recursive: true, mode: 0o700 });
    const pidFile = join(room.folder, 'minio.pid');
    await endLeftover(pidFile, data, ['SIGTERM', 'SIGKILL']);
    const port = await room.port('port', 0);
    const [user, password] = ['emulsion', room.secret('password')];
    const client = new Client({
      endPoint: '127.0.0.1',
      port,
      useSSL: false,
      accessKey: user,
      secretKey: password,
      // Without a region the client asks for it first.
      region: 'us-east-1',
    });
    const logFile = join(room.folder, 'minio.log');
    const stopSignal = 'SIGTERM';
    await room.run({
      url: `http://${user}:${password}@127.0.0.1:${port}`,
      port,
      logFile,
      program: {
        name: 'minio',
        stopSignal,
        killSignal: 'SIGKILL',
        spawn: () =>
          spawnEngine({
            command,
            args: ['server', '--quiet', '--address', `127.0.0.1:${port}`, data],
            env: {
              MINIO_ROOT_USER: user,
              MINIO_ROOT_PASSWORD: password,
              // No console, and no question to its makers about updates.
              MINIO_BROWSER: 'off',
              MINIO_UPDATE: 'off',
              // Go collects before it has more than this from the system: https://pkg.go.dev/runtime
              GOMEMLIMIT: '512MiB',
              HOME: room.folder,
            },
            folder: data,
            pidFile,
            stopSignal,
            logFile,
          }),
      },
      isReady: async () =>
        (await isListening('127.0.0.1', port)) && Array.isArray(await client.listBuckets()),
    });
    return { S3_URL: `http://${user}:${password}@127.0.0.1:${port}/emulsion?region=us-east-1` };
  },
};
