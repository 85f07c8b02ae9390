/** Removes the posts, the stories and the highlights of an account; their own events remove what hangs on them. */
import { afterPostRemoval, removePost } from '../../shared/posts/remove.ts';
import { deleteStories } from '../../shared/stories/delete.ts';
import { type Step, untilNone } from './step.ts';

/** Ids that are read at a time; each of these things has a transaction of its own. */
const idsPerBatch = 100;

export const removePosts: Step = async (tools, { id }, signal) => {
  await untilNone(signal, async () => {
    const posts = await tools.db
      .selectFrom('posts')
      .select('post_id')
      .where('user_id', '=', id)
      .limit(idsPerBatch)
      .execute();
    for (const { post_id: postId } of posts) {
      signal.throwIfAborted();
      const removal = await tools.db.transaction().execute((tx) => removePost(tools, tx, postId));
      if (removal) await afterPostRemoval(tools, removal);
    }
    return posts.length;
  });
};

export const removeStories: Step = async (tools, account, signal) => {
  await untilNone(signal, async () => {
    const stories = await tools.db
      .selectFrom('stories')
      .select('story_id')
      .where('user_id', '=', account.id)
      .limit(idsPerBatch)
      .execute();
    await tools.db.transaction().execute(async (tx) => {
      for (const { story_id: storyId } of stories) await deleteStories(tools, tx, account, storyId);
    });
    await tools.wakeRelay();
    return stories.length;
  });
};
