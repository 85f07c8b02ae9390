/** One part of a fan-out that was split. */
import { effectPartDone } from '../../shared/effects.ts';
import type { Handler } from '../handler.ts';
import { pushPart } from '../push-part.ts';

export const pushToFeeds: Handler<'push-to-feeds'> = async (
  { postId, eventId, part, afterId, upToId },
  { tools },
) => {
  await pushPart(tools, postId, { afterId, upToId });
  await effectPartDone(tools.db, { eventId, job: 'fan-out-post' }, part);
};
