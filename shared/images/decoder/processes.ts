/**
 * A bounded pool of child processes, each of which may be lost at any moment. A call risks one child:
 * whatever makes that child die or run out of time ends this call and no other. A child that dies before
 * it has taken a call up hands the call back.
 *
 * Children are ended by SIGKILL alone: they ignore the signals a terminal sends, and native code that
 * runs wild heeds no other.
 *
 * Decision 8 says why.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { DecodeError, type DecodeErrorKind } from './decode-error.ts';

type Remote = Record<string, (...params: never[]) => unknown>;

/** From parent to child. */
export type Call = { method: string; params: unknown[] };

/** From child to parent: `ready` once, `started` and then one of the others for each call. */
export type Answer = {
  ready?: true;
  started?: true;
  result?: unknown;
  refusal?: { kind: DecodeErrorKind; message: string; detail: string | undefined };
  failure?: string;
  rssBytes?: number;
  /** The child must not be given another call. */
  spent?: true;
};

export type ProcessOptions = {
  /** The absolute path of what a child runs. */
  script: string;
  processes: number;
  timeoutMs: number;
  /** The most memory one child may allocate, in bytes; the kernel refuses it more. */
  maxMemoryBytes: number;
};

export type ProcessStats = {
  /** The children alive. */
  pids: number[];
  /** Calls a child is working on, and calls none has taken up yet. */
  running: number;
  waiting: number;
  /** Calls lost since the start. */
  crashed: number;
  timedOut: number;
};

type Task = {
  call: Call;
  attempts: number;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
};

type Child = {
  process: ChildProcess;
  state: 'booting' | 'idle' | 'busy' | 'ending';
  booted: boolean;
  task?: Task | undefined;
  /** True once the child has taken the task up. */
  started: boolean;
  timer?: NodeJS.Timeout;
  exited: Promise<void>;
};

/** A child that has grown past this is replaced: what a rare huge image made it allocate is not kept. */
const retireAboveBytes = 300 * 1024 * 1024;
/** How many characters of a dead child's complaints are kept. */
const maxLastWords = 2_000;
/** Booting takes a fifth of a second, on a machine that has nothing else to do. */
const bootTimeoutMs = 30_000;
/** Children that die while they boot point at a broken installation, which waiting does not mend. */
const maxAttempts = 3;

/**
 * Opens a pool that has to be closed; its children start when calls need them.
 *
 * A call rejects with {DecodeError} if the child refuses, is lost or takes too long, and with a plain error if
 * the method throws anything else.
 */
export function openProcesses<Methods extends Remote>(options: ProcessOptions) {
  const children = new Set<Child>();
  const waiting: Task[] = [];
  const pending = new Set<Promise<unknown>>();
  let bootFailures = 0;
  let crashed = 0;
  let timedOut = 0;
  let closed = false;

  const inState = (state: Child['state']) => [...children].filter((child) => child.state === state);

  function dispatch(): void {
    for (const child of inState('idle')) {
      const task = waiting.shift();
      if (!task) return;
      assign(child, task);
    }
    while (waiting.length > inState('booting').length && children.size < options.processes) boot();
  }

  function boot(): void {
    const { promise: exited, resolve } = Promise.withResolvers<void>();
    const child: Child = { process: start(options), state: 'booting', booted: false, started: false, exited };
    children.add(child);
    child.timer = setTimeout(() => end(child), bootTimeoutMs);
    child.process.on('message', (answer: Answer) => hear(child, answer));
    const gone = (reason: string) => {
      resolve();
      lose(child, reason);
    };
    // What libraries complain of is worth reading only if the child then dies of it.
    let lastWords = '';
    child.process.stderr?.on('data', (text: Buffer) => {
      lastWords = `${lastWords}${text}`.slice(-maxLastWords);
    });
    child.process.once('error', (error) => gone(error.message));
    child.process.once('close', (code, signal) =>
      gone(`${signal ?? `exit code ${code}`} ${lastWords}`.trim()),
    );
  }

  function assign(child: Child, task: Task): void {
    Object.assign(child, { state: 'busy', task, started: false });
    keepParentAlive(child, true);
    child.timer = setTimeout(() => {
      timedOut += 1;
      child.task = undefined;
      task.reject(
        new DecodeError('timeout', `The image took longer than ${options.timeoutMs / 1000} s to decode`),
      );
      end(child);
    }, options.timeoutMs);
    // A channel that has closed meanwhile is told by the child's exit.
    child.process.send(task.call, () => {});
  }

  function hear(child: Child, answer: Answer): void {
    if (child.state === 'ending') return;
    if (answer.started) {
      child.started = true;
      return;
    }
    clearTimeout(child.timer);
    if (answer.ready) {
      child.booted = true;
      bootFailures = 0;
    } else if (child.task) {
      settle(child.task, answer);
    }
    child.task = undefined;
    if (answer.spent || (answer.rssBytes ?? 0) > retireAboveBytes) {
      end(child);
      return;
    }
    child.state = 'idle';
    keepParentAlive(child, false);
    dispatch();
  }

  /** The child has died. */
  function lose(child: Child, reason: string): void {
    if (!children.delete(child)) return;
    clearTimeout(child.timer);
    const { task } = child;
    if (!child.booted) bootFailures += 1;
    if (task && !child.started && task.attempts < maxAttempts) {
      task.attempts += 1;
      waiting.unshift(task);
    } else if (task) {
      crashed += 1;
      task.reject(
        new DecodeError('crashed', 'The image could not be decoded', `the decoder died: ${reason}`),
      );
    }
    if (bootFailures >= maxAttempts) {
      bootFailures = 0;
      const error = new DecodeError('crashed', 'The decoder cannot start', reason);
      for (const unserved of waiting.splice(0)) unserved.reject(error);
    }
    dispatch();
  }

  function call<Name extends keyof Methods & string>(
    method: Name,
    ...params: Parameters<Methods[Name]>
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (closed) {
      reject(new DecodeError('crashed', 'The decoder is closed'));
    } else {
      waiting.push({ call: { method, params }, attempts: 1, resolve, reject });
      pending.add(promise);
      const forget = () => pending.delete(promise);
      promise.then(forget, forget);
      dispatch();
    }
    return promise as Promise<Awaited<ReturnType<Methods[Name]>>>;
  }

  return {
    call,

    /** Starts every child now, so that the first calls need not wait for one to boot. */
    warm(): void {
      while (children.size < options.processes) boot();
    },

    stats(): ProcessStats {
      const running = inState('busy').filter((child) => child.started).length;
      return {
        pids: [...children].flatMap((child) => child.process.pid ?? []),
        running,
        waiting: waiting.length + inState('busy').length - running,
        crashed,
        timedOut,
      };
    },

    /** Takes no more calls, lets those taken finish, and ends the children. */
    async close(): Promise<void> {
      closed = true;
      await Promise.allSettled(pending);
      const all = [...children];
      for (const child of all) {
        keepParentAlive(child, true);
        end(child);
      }
      await Promise.all(all.map((child) => child.exited));
    },
  };
}

/**
 * Starts a child. Its environment holds nothing: code that reads hostile bytes is not given the secrets of
 * its parent. glibc's arenas are limited because they fragment under libvips
 * (https://sharp.pixelplumbing.com/install/#linux-memory-allocator).
 */
function start({ script, maxMemoryBytes }: ProcessOptions): ChildProcess {
  // Node has no setrlimit. A shell sets the limits and becomes Node: no core dumps of people's photos, and
  // no more memory than agreed (RLIMIT_DATA; Node reserves about 0.6 GB of it without using it).
  const limited = `ulimit -c 0; ulimit -d ${Math.ceil(maxMemoryBytes / 1024)} 2>/dev/null; exec "$0" "$@"`;
  return fork(script, {
    execPath: '/bin/sh',
    execArgv: ['-c', limited, process.execPath, '--max-old-space-size=96'],
    env: { MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '2' },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

function settle(task: Task, { result, refusal, failure }: Answer): void {
  if (refusal) task.reject(new DecodeError(refusal.kind, refusal.message, refusal.detail));
  else if (failure !== undefined) task.reject(new Error(failure));
  else task.resolve(result);
}

function end(child: Child): void {
  child.state = 'ending';
  clearTimeout(child.timer);
  child.process.kill('SIGKILL');
}

/** An idle child is no reason for its parent to live on. */
function keepParentAlive({ process }: Child, alive: boolean): void {
  for (const handle of [process, process.channel, process.stderr as Socket | null]) {
    if (alive) handle?.ref();
    else handle?.unref();
  }
}
