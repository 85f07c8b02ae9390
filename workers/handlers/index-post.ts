/** Brings the search index in line with one post; one that is archived or gone, or whose author is hidden, leaves it. */
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexPost: Handler<'index-post'> = ({ postId }, { tools }) => alignIndex(tools, 'post', postId);
