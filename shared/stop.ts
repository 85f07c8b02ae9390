/** How a process learns that it should stop, and what it does then: once, and not for ever. */

/**
 * Runs `stop` once and then ends the process, on SIGTERM, SIGINT or SIGHUP, or when the process that started
 * this one is gone, which its IPC channel tells even after a SIGKILL. Further signals change nothing, because
 * one stop may arrive as several. If `stop` rejects, the reason goes to stderr and the exit code is 1.
 *
 * @param options.longestMs after this `stop` is cut off: less than the 15 s that whoever stops us grants
 * @param options.exitCode the exit code, also when `stop` is cut off
 */
export function onStop(
  stop: () => Promise<void>,
  { longestMs = 12_000, exitCode = 0 }: { longestMs?: number; exitCode?: number } = {},
): void {
  let isStopping = false;
  const stopOnce = () => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(exitCode), longestMs);
    stop().then(
      () => process.exit(exitCode),
      (reason) => {
        process.stderr.write(`Stopping failed: ${reason instanceof Error ? reason.stack : String(reason)}\n`);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stopOnce);
  if (!process.send) return;
  process.on('disconnect', stopOnce);
  if (!process.connected) stopOnce();
}
