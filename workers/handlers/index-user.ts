/** Brings the search index in line with one user; one that is hidden or gone leaves it. */
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexUser: Handler<'index-user'> = ({ userId }, { tools }) => alignIndex(tools, 'user', userId);
