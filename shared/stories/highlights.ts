/** Highlights: stories their owner keeps on show past their day, in the order they were given. */
import { sql } from 'kysely';
import type { Tools } from '../tools.ts';
import { type StoryRow, storyColumns } from './facts.ts';
import { shownStories } from './present.ts';
import type { Highlight, ShownStory } from './schema.ts';

type HighlightRow = { id: number; highlight_id: string; title: string; created_at: Date };

/** The highlights with their stories. Whether they may be seen is for the caller to know. */
export async function presentHighlights(
  tools: Tools,
  highlights: readonly HighlightRow[],
): Promise<Highlight[]> {
  const { rows } = await sql<StoryRow & { highlight_id: number }>`
    SELECT hs.highlight_id, ${storyColumns}
    FROM highlight_stories hs JOIN stories s ON s.id = hs.story_id JOIN users u ON u.id = s.user_id
    WHERE hs.highlight_id = ANY(${highlights.map(({ id }) => id)})
    ORDER BY hs.highlight_id, hs.position`.execute(tools.db);
  const shown = await shownStories(tools, rows);
  const perHighlight = Map.groupBy(rows, (row) => row.highlight_id);
  return highlights.map((highlight) =>
    presentHighlight(highlight, perHighlight.get(highlight.id) ?? [], shown),
  );
}

/** A highlight with its stories, in the order of the rows. */
export function presentHighlight(
  highlight: HighlightRow,
  rows: readonly StoryRow[],
  shown: ReadonlyMap<string, ShownStory>,
): Highlight {
  return {
    highlight_id: highlight.highlight_id,
    title: highlight.title,
    stories: rows.flatMap((row) => shown.get(row.story_id) ?? []),
    created_at: highlight.created_at.toISOString(),
  };
}
