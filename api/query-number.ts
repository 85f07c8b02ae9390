/** Numbers in a query or a form: written in plain digits, since `1e1`, `0x10` or an empty text are somebody's mistake. */
import { z } from 'zod';

type Range = { min: number; max: number };

function within({ min, max }: Range) {
  return z.number().min(min, `Must be at least ${min}`).max(max, `Must be at most ${max}`);
}

/** A whole number. The range holds no negative one. */
export function wholeNumber(range: Range) {
  return z
    .string('Must be given once')
    .regex(/^\d{1,9}$/, 'Must be a whole number')
    .transform(Number)
    .pipe(within(range))
    .meta({ type: 'integer', minimum: range.min, maximum: range.max });
}

/** A number such as a latitude. Programs write one that is next to nothing as `1e-7`. */
export function decimalNumber(range: Range) {
  return z
    .string('Must be given once')
    .regex(/^-?\d{1,9}(?:\.\d{1,30})?(?:[eE]-\d{1,3})?$/, 'Must be a number')
    .transform(Number)
    .pipe(within(range))
    .meta({ type: 'number', minimum: range.min, maximum: range.max });
}
