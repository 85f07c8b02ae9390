import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { type Program, supervise, untilReady } from '../../scripts/start/supervise.ts';
import { isRunning, until } from '../tools/run-start.ts';

type Line = { msg: string; code: number | null; restart_in_ms: number };

/** A log that can be read again. */
function openMemoryLog() {
  const lines: Line[] = [];
  return { lines, log: pino({}, { write: (line) => lines.push(JSON.parse(line)) }) };
}

function shell(script: string, spawned: number[] = []): Program {
  return {
    name: 'shell',
    stopSignal: 'SIGTERM',
    killSignal: 'SIGKILL',
    spawn: () => {
      const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
      spawned.push(child.pid ?? 0);
      return child;
    },
  };
}

describe('supervise', () => {
  it('waits twice as long after every further end', async () => {
    const { lines, log } = openMemoryLog();
    const supervised = supervise(shell('exit 3'), log);
    await until('three ends', () => supervised.deaths() === 3);
    await supervised.stop(1_000);
    expect(lines.map((line) => [line.code, line.restart_in_ms])).to.deep.equal([
      [3, 100],
      [3, 200],
      [3, 400],
    ]);
  });

  it('starts nothing again once it is asked to stop', async () => {
    const spawned: number[] = [];
    const supervised = supervise(shell('exec sleep 60', spawned), openMemoryLog().log);
    await supervised.stop(5_000);
    expect(supervised.deaths()).to.equal(0);
    expect(spawned).to.have.length(1);
    expect(isRunning(spawned[0] as number)).to.equal(false);
  });

  it('kills what does not stop in time', async () => {
    const { lines, log } = openMemoryLog();
    const child = spawn('sh', ['-c', 'trap "" TERM; echo deaf; while :; do sleep 0.05; done']);
    const supervised = supervise({ ...shell(''), spawn: () => child }, log);
    await once(child.stdout, 'data');
    await supervised.stop(100);
    expect(child.signalCode).to.equal('SIGKILL');
    expect(lines.map((line) => line.msg)).to.deep.equal(['a program did not stop in time and is killed']);
  });

  it('counts a program that cannot be started as one that ended', async () => {
    const { log } = openMemoryLog();
    const missing = { ...shell(''), spawn: () => spawn(join(tmpdir(), 'there-is-none')) };
    const supervised = supervise(missing, log);
    await until('two ends', () => supervised.deaths() >= 2);
    await supervised.stop(100);
  });

  it('gives up on a program that keeps ending before it is ready', async () => {
    const supervised = supervise(shell('exit 1'), openMemoryLog().log);
    const never = new AbortController().signal;
    const reason = await untilReady(supervised, async () => false, 30_000, never).catch((error) => error);
    await supervised.stop(100);
    expect(reason.message).to.equal('shell ended 5 times while starting');
  });
});
