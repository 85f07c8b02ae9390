/** The log: pino, JSON lines on stdout, each with the request it belongs to, secrets cut out. */
import { type Logger, pino } from 'pino';
import { currentRequestId } from './request-context.ts';

export type Log = Logger;

/**
 * Opens the log of one process.
 *
 * @param process the kind of process (`api`, `worker`, …), shown in every line.
 */
export function openLog(process: string, level: string): Log {
  return pino({
    level,
    base: { process },
    timestamp: pino.stdTimeFunctions.isoTime,
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
  });
}
