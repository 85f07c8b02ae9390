/** Which Node runs the TypeScript: it strips types by itself from version 24 on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const neededMajor = 24;

/**
 * The path of a Node that is new enough: the running one, else the one node_modules carries.
 *
 * @param {string} root the checkout
 * @throws {Error} with a message for a person, where there is neither.
 */
export function chooseNode(root) {
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath;
  const carried = join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (existsSync(carried)) return carried;
  throw new Error(
    `Node ${neededMajor} or newer is needed; this is ${process.version}, and there is no packaged one for ` +
      `${process.platform} on ${process.arch}. Install it from https://nodejs.org and run the command again.`,
  );
}
