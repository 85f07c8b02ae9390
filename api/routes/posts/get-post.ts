/** GET /v1/posts/{post_id} */
import { z } from 'zod';
import { notFound } from '../../../shared/errors.ts';
import { presentPosts } from '../../../shared/posts/present.ts';
import { postSchema } from '../../../shared/posts/schema.ts';
import { etagOf } from '../../posts/etag.ts';
import { route } from '../../route.ts';

export const getPost = route({
  method: 'get',
  path: '/v1/posts/{post_id}',
  area: 'posts',
  summary: 'Read one post',
  auth: 'user',
  params: z.object({ post_id: z.string() }),
  status: 200,
  reply: postSchema,
  headers: { ETag: 'The version of the post and the digest of this reply; If-None-Match answers 304.' },
  errors: ['NOT_FOUND'],
  async handle({ viewer, params, tools, setHeader }) {
    const [post] = await presentPosts(tools, viewer, [params.post_id]);
    if (!post) notFound('Post', 'post_id', params.post_id);
    setHeader('ETag', etagOf(post));
    return post;
  },
});
