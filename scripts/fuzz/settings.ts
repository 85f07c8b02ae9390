/** Schemathesis's settings (https://schemathesis.readthedocs.io/en/stable/reference/configuration/) for one crowd. */
import type { Crowd } from './crowd.ts';

/** How often a parameter is something there is; the rest is guessed, or taken from earlier replies. */
const known = 0.6;

/** The settings as TOML, whose strings and arrays are those of JSON. */
export function settingsFor({ ids, imageKeys, archive }: Crowd): string {
  const dictionaries = {
    ...ids,
    post_keys: imageKeys.posts,
    story_keys: imageKeys.stories,
    archive_key: [archive.key],
    archive_e: [archive.e],
    archive_s: [archive.s],
    ranges: ['bytes=0-99', 'bytes=-99', 'bytes=1000000-'],
  };
  const bind = (dictionary: string, probability = known) =>
    `{ dictionary = "${dictionary}", probability = ${probability} }`;
  const only = (path: string, parameters: Record<string, string>) => [
    '[[operations]]',
    `include-path = ${JSON.stringify(path)}`,
    `parameters = { ${Object.entries(parameters).map(([name, dictionary]) => `"${name}" = ${bind(dictionary)}`)} }`,
  ];
  return [
    ...Object.entries(dictionaries).flatMap(([name, values]) => [
      `[dictionaries.${name}]`,
      `values = ${JSON.stringify(values)}`,
    ]),
    '[parameters]',
    ...Object.keys(ids).map((name) => `"path.${name}" = ${bind(name)}`),
    `"header.Range" = ${bind('ranges')}`,
    `"query.post_id" = ${bind('post_id')}`,
    `"body.target_id" = ${bind('bobs_post_id')}`,
    `"body.story_ids[*]" = ${bind('own_story_id', 1)}`,
    `"body.tagged_users[*]" = ${bind('user_id', 0.9)}`,
    ...only('/p/{key}/{size}.jpg', { 'path.key': 'post_keys' }),
    ...only('/stories/{key}/{size}.jpg', { 'path.key': 'story_keys' }),
    ...only('/exports/{key}.zip', {
      'path.key': 'archive_key',
      'query.e': 'archive_e',
      'query.s': 'archive_s',
    }),
    '',
  ].join('\n');
}
