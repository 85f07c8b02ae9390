/** The log: pino, JSON lines on stdout, each with the request it belongs to, secrets cut out. */
import { type Logger, type LoggerOptions, pino } from 'pino';
import { currentRequestId } from './request-context.ts';

export type Log = Logger;

/**
 * Lines gather until there are 8 kB of them or 200 ms have passed: one system call a line would cost a small
 * request a fifth of its time.
 */
const gather = { minLength: 8_192, periodicFlush: 200 };

let stdout: ReturnType<typeof pino.destination> | undefined;

/** The time as a line carries it; most lines share their millisecond with the one before. */
function openClock(): () => string {
  let latestMs = 0;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== latestMs) {
      latestMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** The destination of every log of this process, so that their lines keep their order. */
function openStdout(): ReturnType<typeof pino.destination> {
  if (stdout) return stdout;
  const opened = pino.destination({ dest: 1, sync: true, ...gather });
  process.once('exit', () => opened.flushSync());
  stdout = opened;
  return opened;
}

/**
 * Opens the log of one process.
 *
 * @param process the kind of process (`api`, `worker`, …), shown in every line.
 */
export function openLog(process: string, level: string): Log {
  const destination = openStdout();
  const options: LoggerOptions = {
    level,
    base: { process },
    timestamp: openClock(),
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const requestId = currentRequestId();
      return requestId ? { request_id: requestId } : {};
    },
    redact: [
      'req.headers.authorization',
      'req.headers.cookie',
      '*.password',
      '*.refresh_token',
      '*.access_token',
    ],
    hooks: {
      // A warning or worse goes out at once, and with it all that led to it.
      logMethod(given, method, number) {
        method.apply(this, given);
        if (number >= (pino.levels.values.warn as number)) destination.flushSync();
      },
    },
  };
  return pino(options, destination);
}
