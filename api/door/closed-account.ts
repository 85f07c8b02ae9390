/** What a request is answered whose account was deleted while it was under way. */
import { isDangling } from '../../shared/db/index.ts';
import { Failure } from '../../shared/errors.ts';
import type { Tools } from '../../shared/tools.ts';
import type { Viewer } from '../route.ts';

/**
 * UNAUTHORIZED in place of an error that rows of the viewer had nothing left to refer to, else the error as it is.
 *
 * @param viewer who made the request, if anybody is known to have
 */
export async function orClosedAccount(
  { db }: Tools,
  viewer: Viewer | undefined,
  error: unknown,
): Promise<unknown> {
  if (!viewer || !isDangling(error)) return error;
  const account = await db
    .selectFrom('users')
    .select('id')
    .where('id', '=', viewer.id)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  return account ? error : new Failure('UNAUTHORIZED', undefined, { cause: error });
}
