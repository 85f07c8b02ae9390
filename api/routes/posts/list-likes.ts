/** GET /v1/posts/{post_id}/likes: who likes a post, the newest first. */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { findVisiblePost } from '../../../shared/posts/present.ts';
import { pageQuery } from '../../cursor.ts';
import { route } from '../../route.ts';
import { followsSchema, listFollows } from '../../users/list-people.ts';

export const listLikes = route({
  method: 'get',
  path: '/v1/posts/{post_id}/likes',
  area: 'posts',
  summary: 'List who likes a post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  query: pageQuery,
  status: 200,
  reply: followsSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, query, tools }) {
    const post = await findVisiblePost(tools, viewer, params.post_id);
    if (!post) notFound('Post', 'post_id', params.post_id);
    return listFollows(tools, viewer, 'likes', post.id, query);
  },
});
