/** How far a step is: a bar on a terminal, elsewhere a line now and then. */
import { SingleBar } from 'cli-progress';

export type Progress = {
  /** So many are done by now. */
  set(done: number): void;
  add(): void;
  end(): void;
};

/** How often a line is printed where there is no terminal. */
const lineEveryMs = 5_000;
const nameWidth = 10;

/**
 * @param name such as `posts`
 * @param total how many there are to do; may be none
 */
export function showProgress(name: string, total: number): Progress {
  const format = ` ${name.padEnd(nameWidth)} {bar} {value}/{total}  {perS}/s  {duration_formatted}`;
  const bar = new SingleBar({
    format,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    noTTYOutput: true,
    notTTYSchedule: lineEveryMs,
  });
  let done = 0;
  const startedAt = performance.now();
  /** Done by an earlier command that broke off. */
  let before: number | undefined;
  const update = () => {
    const tookS = (performance.now() - startedAt) / 1_000;
    bar.update(done, { perS: Math.round((done - (before ?? 0)) / Math.max(tookS, 0.001)) });
  };
  bar.start(total, 0, { perS: 0 });
  return {
    set(value) {
      done = value;
      before ??= value;
      update();
    },
    add() {
      done += 1;
      before ??= 0;
      update();
    },
    end: () => bar.stop(),
  };
}
