/** One part of a story's fan-out that was split. */
import { effectPartDone } from '../../shared/effects.ts';
import type { Handler } from '../handler.ts';
import { pushStoryPart } from '../push-story-part.ts';

export const pushToTrays: Handler<'push-to-trays'> = async (
  { storyId, eventId, part, afterId, upToId },
  { tools },
) => {
  await pushStoryPart(tools, storyId, { afterId, upToId });
  await effectPartDone(tools.db, { eventId, job: 'fan-out-story' }, part);
};
