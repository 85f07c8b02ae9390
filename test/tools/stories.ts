/** Stories as tests post them, read them and look at their rows. */
import { type Client, photoForm, type Reply } from './client.ts';
import { photo } from './photos.ts';
import type { World } from './world.ts';

/** Posts a story. `fields`: those of the form beside the image. */
export async function postStory(
  client: Client,
  fields: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Reply> {
  const image = await photo({ width: 60, height: 80 });
  return client.form('POST', '/v1/stories', photoForm(image, fields), headers);
}

/** Posts a story and replies its id. @throws if it is refused. */
export async function storyOf(client: Client): Promise<string> {
  const { status, body, text } = await postStory(client);
  if (status !== 201) throw new Error(`posting a story: ${status} ${text}`);
  return body.story_id;
}

/** Makes stories over, as if their day had passed. */
export async function endStories({ tools }: Pick<World, 'tools'>, ...storyIds: string[]): Promise<void> {
  await tools.db
    .updateTable('stories')
    .set({ expires_at: new Date(Date.now() - 1) })
    .where('story_id', 'in', storyIds)
    .execute();
}

/** The row of a story. */
export async function storyRow({ tools }: Pick<World, 'tools'>, storyId: string) {
  return tools.db.selectFrom('stories').selectAll().where('story_id', '=', storyId).executeTakeFirst();
}
