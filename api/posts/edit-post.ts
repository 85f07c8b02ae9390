/** What an edit changes of a post: only what is given and differs from what stands. */
import { z } from 'zod';
import type { Tx } from '../../shared/db/index.ts';
import { notFound } from '../../shared/errors.ts';
import { altTextOrTexts, caption, location, taggedUsers } from '../../shared/posts/fields.ts';
import { placeColumns, tagUsers } from '../../shared/posts/write.ts';
import { type AltTexts, altTextsFor } from './accept-images.ts';
import { refuseStale } from './etag.ts';

/** The body of an edit. What is not given stays, null takes away. */
export const editSchema = z.strictObject({
  caption: caption.nullable().optional(),
  location: location.nullable().optional(),
  tagged_users: taggedUsers.optional(),
  alt_text: altTextOrTexts
    .nullable()
    .optional()
    .describe('Of the first image, or one per image in their order; those behind the last one given stay.'),
  is_archived: z.boolean().optional(),
  is_comments_disabled: z.boolean().optional(),
});

export type Edit = z.output<typeof editSchema>;

/** What an edit did: nothing, or which event it is. */
export type Edited = 'postEdited' | 'postArchived' | 'postUnarchived' | undefined;

/**
 * Applies an edit. One that leaves everything as it was does not raise the version either.
 *
 * @param ifMatch the request's If-Match
 * @throws {Failure} NOT_FOUND if the post is gone by now; CONFLICT if it has moved on; INVALID_INPUT on a field
 *   that does not fit this post.
 */
export async function applyEdit(
  tx: Tx,
  postId: string,
  edit: Edit,
  ifMatch: string | undefined,
): Promise<Edited> {
  const before = await tx
    .selectFrom('posts')
    .select(['id', 'version', 'is_archived', 'is_comments_disabled', 'caption', 'location_id'])
    .where('post_id', '=', postId)
    .forUpdate()
    .executeTakeFirst();
  if (!before) notFound('Post', 'post_id', postId);
  refuseStale(ifMatch, before.version);

  const caption = edit.caption === undefined ? before.caption : edit.caption || null;
  const isArchived = edit.is_archived ?? before.is_archived;
  const isCommentsDisabled = edit.is_comments_disabled ?? before.is_comments_disabled;
  const place = edit.location === undefined ? undefined : await placeColumns(tx, edit.location);
  const isChanged = [
    caption !== before.caption,
    isArchived !== before.is_archived,
    isCommentsDisabled !== before.is_comments_disabled,
    place !== undefined && place.location_id !== before.location_id,
    edit.alt_text !== undefined && (await describeImages(tx, before.id, edit.alt_text)),
    edit.tagged_users !== undefined && (await tagAnew(tx, before.id, edit.tagged_users)),
  ].includes(true);
  if (!isChanged) return undefined;

  await tx
    .updateTable('posts')
    .set({
      version: before.version + 1,
      updated_at: new Date(),
      caption,
      is_archived: isArchived,
      is_comments_disabled: isCommentsDisabled,
      ...place,
    })
    .where('id', '=', before.id)
    .execute();
  if (isArchived === before.is_archived) return 'postEdited';
  return isArchived ? 'postArchived' : 'postUnarchived';
}

/** Gives images their texts. @returns whether one differs. */
async function describeImages(tx: Tx, postId: number, given: AltTexts) {
  const images = await tx
    .selectFrom('post_images')
    .select(['position', 'alt_text'])
    .where('post_id', '=', postId)
    .orderBy('position')
    .execute();
  const texts = altTextsFor(images.length, given);
  const changed = images.filter(({ alt_text }, index) => index < texts.length && alt_text !== texts[index]);
  for (const { position } of changed) {
    await tx
      .updateTable('post_images')
      .set({ alt_text: texts[position - 1] ?? null })
      .where('post_id', '=', postId)
      .where('position', '=', position)
      .execute();
  }
  return changed.length > 0;
}

/** Makes these users the tagged ones. @returns whether they or their order differ. */
async function tagAnew(tx: Tx, postId: number, userIds: string[]): Promise<boolean> {
  const tagged = await tx
    .selectFrom('post_tags')
    .innerJoin('users', 'users.id', 'post_tags.user_id')
    .select('users.user_id')
    .where('post_tags.post_id', '=', postId)
    .orderBy('position')
    .execute();
  if (tagged.map((row) => row.user_id).join() === userIds.join()) return false;
  await tagUsers(tx, postId, userIds);
  return true;
}
