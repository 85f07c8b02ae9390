/**
 * A process that owns a decoder, to be killed or sent a ctrl-c by a test. It inspects one file, prints the pid
 * of its child once that is at work, and then how the call ended. SIGINT does not end it: it drains.
 */
import { writeSync } from 'node:fs';
import { openDecoder } from '../../shared/images/decoder.ts';

const print = (line: string) => writeSync(1, `${line}\n`);

process.on('SIGINT', () => print('draining'));
await using decoder = openDecoder({ processes: 1 });
const inspection = decoder.inspect(process.argv[2] as string);
const watch = setInterval(() => {
  const { running, pids } = decoder.stats();
  if (running === 0) return;
  clearInterval(watch);
  print(`child ${pids[0]}`);
}, 2);
const { width } = await inspection;
print(`width ${width}`);
