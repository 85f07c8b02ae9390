/** Shows that something slow goes on, and for how long already: on stderr, which leaves stdout to results. */

/**
 * Prints `what … 12 s`: on a terminal one line that counts the seconds, elsewhere a line now, one every
 * ten seconds and one at the end.
 *
 * @param {string} what such as `Installing the dependencies`
 * @param {number} afterMs stays silent when it is over before that many milliseconds
 * @returns {() => void} ends the line
 */
export function showElapsed(what, afterMs = 0) {
  const startedAt = Date.now();
  const { isTTY } = process.stderr;
  const line = () => `${what} … ${Math.round((Date.now() - startedAt) / 1000)} s`;
  let isShown = false;
  const show = () => {
    process.stderr.write(isTTY ? `\r${line()}` : isShown ? `${line()}\n` : `${what} …\n`);
    isShown = true;
  };
  let interval;
  const begin = () => {
    show();
    interval = setInterval(show, isTTY ? 1_000 : 10_000);
  };
  const delay = afterMs > 0 ? setTimeout(begin, afterMs) : begin();
  return () => {
    clearTimeout(delay);
    clearInterval(interval);
    if (isShown) process.stderr.write(isTTY ? `\r${line()}\n` : `${line()}\n`);
  };
}
