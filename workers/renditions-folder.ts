/** Where renditions are made before they are put into the store. */
import { join } from 'node:path';

export function renditionsFolder(dataDir: string): string {
  return join(dataDir, 'renditions');
}
