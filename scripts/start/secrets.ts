/** The secrets nobody has to invent: generated at the first start and kept in DATA_DIR. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { readPrivateFile, writePrivateFile } from './private-file.ts';

const generators = {
  AUTH_SECRET: () => randomBytes(32).toString('hex'),
  // 96 bits are too many to be guessed and still few enough to be typed.
  ADMIN_PASSWORD: () => randomBytes(12).toString('base64url'),
  METRICS_TOKEN: () => randomBytes(24).toString('hex'),
} as const;

type SecretName = keyof typeof generators;

/**
 * Generates each secret that is set nowhere and adds it to `secrets.json` in the data folder, where
 * shared/config.ts finds it.
 *
 * @param values what the environment, `.env` and the file already say
 */
export function completeSecrets(dataDir: string, values: Partial<Record<SecretName, string>>): void {
  const path = join(dataDir, 'secrets.json');
  const names = (Object.keys(generators) as SecretName[]).filter((name) => values[name] === undefined);
  if (names.length === 0) return;
  const generated = Object.fromEntries(names.map((name) => [name, generators[name]()]));
  writePrivateFile(path, { ...readPrivateFile(path), ...generated });
}

/** True if the admin password is the generated one, and so may be shown: nobody else has chosen it. */
export function isGenerated(dataDir: string, name: SecretName, value: string | undefined): boolean {
  return readPrivateFile(join(dataDir, 'secrets.json'))[name] === value;
}
