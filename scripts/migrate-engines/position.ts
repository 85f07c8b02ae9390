/** How far a move is: a file in DATA_DIR, so that the command goes on where an earlier one was killed. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Config } from '../../shared/config.ts';
import { searchTypes } from '../../shared/search/index.ts';

const placesSchema = z.strictObject({
  images: z.strictObject({ afterKey: z.string() }).optional(),
  stories: z
    .strictObject({
      afterRow: z.int(),
      /** Those that were being copied: one of them may be deleted before they are looked at again. */
      underWay: z.array(
        z.strictObject({ userId: z.string(), storyId: z.string(), expiresAt: z.coerce.date() }),
      ),
    })
    .optional(),
  search: z.strictObject({ done: z.array(z.enum(searchTypes)), afterRow: z.int() }).optional(),
});
type Places = z.output<typeof placesSchema>;

const fileSchema = z.strictObject({ move: z.string(), places: placesSchema });

export type Position = {
  /** Where an earlier command broke off; undefined from the beginning. */
  get<Kind extends keyof Places>(kind: Kind): Places[Kind];
  /** Notes how far this one is; after undefined the next one begins anew. */
  set<Kind extends keyof Places>(kind: Kind, place: Places[Kind]): void;
};

/** Reads the position of this move. One of another move, in another direction or to another address, is forgotten. */
export function openPosition(config: Config): Position {
  const file = join(config.DATA_DIR, 'engine-migration.json');
  const { DATABASE_URL, ENGINE_MIGRATION, S3_URL, CASSANDRA_URL, ELASTICSEARCH_URL } = config;
  // Addresses have passwords, so only their hash is kept.
  const move = createHash('sha256')
    .update(JSON.stringify([DATABASE_URL, ENGINE_MIGRATION, S3_URL, CASSANDRA_URL, ELASTICSEARCH_URL]))
    .digest('base64url');
  const found = read(file);
  let places: Places = found?.move === move ? found.places : {};

  return {
    get: (kind) => places[kind],
    set(kind, place) {
      places = { ...places, [kind]: place };
      const draft = `${file}.${process.pid}`;
      writeFileSync(draft, JSON.stringify({ move, places }), { mode: 0o600 });
      renameSync(draft, file);
    },
  };
}

function read(file: string): z.output<typeof fileSchema> | undefined {
  if (!existsSync(file)) return undefined;
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // A crash of the machine may leave it empty. Beginning anew costs time only.
    return undefined;
  }
}
