/** Ratios that mean something on a noisy machine: both sides in turn, several times, and the median of the quotients. */

export type Spread = { median: number; least: number; most: number };

/** The middle value, or the mean of the two in the middle. */
function median(sorted: number[]): number {
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

/** @throws {RangeError} for an empty list. */
export function spreadOf(values: number[]): Spread {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  return { median: median(sorted), least: sorted[0] as number, most: sorted.at(-1) as number };
}

/** The value that a share (0 to 1) of the values does not exceed (nearest rank). */
export function percentile(values: number[], share: number): number {
  if (values.length === 0) throw new RangeError('nothing was measured');
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

export type Comparison = {
  ours: Spread;
  theirs: Spread;
  /** Ours divided by theirs, per round. */
  ratio: Spread;
};

/**
 * Measures two rates round by round. Who goes first changes each round, so that a machine that gets slower
 * or warmer favours neither. One round before them, which is not counted, warms both up.
 *
 * @param ours, theirs measure once and reply a rate: more is better
 */
export async function compare(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Comparison> {
  const measured: { ours: number; theirs: number }[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const pair = { ours: 0, theirs: 0 };
    for (const side of round % 2 === 0 ? (['ours', 'theirs'] as const) : (['theirs', 'ours'] as const)) {
      pair[side] = await (side === 'ours' ? ours() : theirs());
    }
    if (round > 0) measured.push(pair);
  }
  return {
    ours: spreadOf(measured.map((pair) => pair.ours)),
    theirs: spreadOf(measured.map((pair) => pair.theirs)),
    ratio: spreadOf(measured.map((pair) => pair.ours / pair.theirs)),
  };
}

/** `12,345` or, below a hundred, `1.23`. */
export function shown(value: number): string {
  return value >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toLocaleString('en', { maximumFractionDigits: 2 });
}

/** `0.52 (0.49–0.55)` */
export function shownSpread({ median: middle, least, most }: Spread): string {
  return `${shown(middle)} (${shown(least)}–${shown(most)})`;
}
