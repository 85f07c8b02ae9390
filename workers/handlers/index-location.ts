/** Brings the search index in line with one place; one without posts leaves it. */
import { alignIndex } from '../../shared/search/align.ts';
import type { Handler } from '../handler.ts';

export const indexLocation: Handler<'index-location'> = ({ locationId }, { tools }) =>
  alignIndex(tools, 'location', locationId);
