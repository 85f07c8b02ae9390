/** Brings the search index in line with one hashtag; one without posts leaves it. */
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexHashtag: Handler<'index-hashtag'> = ({ hashtag }, { tools }) =>
  alignIndex(tools, 'hashtag', hashtag);
