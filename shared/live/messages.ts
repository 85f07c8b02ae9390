/**
 * Ids and texts of live messages. An id is a Redis stream id with both numbers padded, so that ids also sort
 * as text: `1753433600000-000004` is the fifth message of its millisecond.
 */

/** What users are told of. */
export type LiveType =
  | 'notification'
  | 'post.ready'
  | 'feed.new_post'
  | 'story.new'
  | 'notification.read'
  | 'export.ready';

/** Milliseconds have 13 digits until the year 2286. */
const timeDigits = 13;
const sequenceDigits = 6;
const idPattern = /^\d{1,13}-\d{1,6}$/;

/** What a client is told when messages it asks for are no longer kept: it should read its state anew. */
export const gapText = '{"type":"gap"}';

/** True if the text could be the id of a message. */
export function isLiveId(text: string): boolean {
  return idPattern.test(text);
}

/** A stream id (`{ms}-{n}`) in the form clients see. */
export function paddedId(streamId: string): string {
  const dash = streamId.indexOf('-');
  const time = streamId.slice(0, dash).padStart(timeDigits, '0');
  return `${time}-${streamId.slice(dash + 1).padStart(sequenceDigits, '0')}`;
}

/**
 * A message as its JSON text, `{id, type, created_at, data}`.
 *
 * @param id as `paddedId` makes it; it tells the time of creation
 * @param dataText the data as JSON text
 */
export function messageText(id: string, type: LiveType, dataText: string): string {
  const createdAt = new Date(Number(id.slice(0, timeDigits))).toISOString();
  return `{"id":"${id}","type":"${type}","created_at":"${createdAt}","data":${dataText}}`;
}

/** What the channel carries: the id before this message's, its own, its type and its data. */
type Published = { previousId: string; id: string; type: LiveType; dataText: string };

/** Reads what the script `tell` publishes: four parts with a space between, the last of them JSON. */
export function parsePublished(text: string): Published {
  const afterPrevious = text.indexOf(' ');
  const afterId = text.indexOf(' ', afterPrevious + 1);
  const afterType = text.indexOf(' ', afterId + 1);
  return {
    previousId: paddedId(text.slice(0, afterPrevious)),
    id: paddedId(text.slice(afterPrevious + 1, afterId)),
    type: text.slice(afterId + 1, afterType) as LiveType,
    dataText: text.slice(afterType + 1),
  };
}
