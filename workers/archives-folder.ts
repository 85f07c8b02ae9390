/** Where archives are made before they are put into the store. */
import { join } from 'node:path';

export function archivesFolder(dataDir: string): string {
  return join(dataDir, 'archives');
}
