/** Brings the search index in line with one hashtag; one without posts leaves it. */
import { exactCount } from '../../shared/counts/index.ts';
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexHashtag: Handler<'index-hashtag'> = async (
  { hashtag: name },
  { tools: { db, search } },
) => {
  await alignIndex(search, 'hashtag', name, async () => {
    const hashtag = await db.selectFrom('hashtags').select('id').where('name', '=', name).executeTakeFirst();
    const popularity = hashtag ? await exactCount(db, 'hashtag.posts', hashtag.id) : 0;
    return popularity > 0 ? { type: 'hashtag', id: name, popularity } : undefined;
  });
};
