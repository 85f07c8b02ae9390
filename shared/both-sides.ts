/** What is common to the ports that data moves between: two sides, each with what an operator calls it. */

/**
 * What is wrong with either side, by name; undefined if nothing is.
 *
 * @param sides each with a check that rejects if it cannot be used
 */
export async function problemsOf(
  sides: readonly { name: string; check(): Promise<void> }[],
): Promise<string | undefined> {
  const checks = await Promise.allSettled(sides.map((side) => side.check()));
  const problems = checks.flatMap((check, at) =>
    check.status === 'rejected' ? `${sides[at]?.name}: ${(check.reason as Error).message}` : [],
  );
  return problems.length > 0 ? problems.join('; ') : undefined;
}
