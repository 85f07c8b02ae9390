/** nginx, and our configuration of it as one that has its files elsewhere can check it. */
import { globSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, whileLocked } from '../embedded/cache.ts';
import { findProgram, type Outcome, run } from './run.ts';

/** Finds nginx, or unpacks Debian's into the cache; undefined if there is none to be had. */
export async function provideNginx(): Promise<string | undefined> {
  const installed = findProgram('nginx');
  if (installed) return installed;
  const folder = join(cacheFolder(), 'nginx');
  const program = join(folder, 'usr/sbin/nginx');
  return whileLocked('nginx', async () => {
    if (!(await run(program, ['-v'])).isPassed) await unpack(folder);
    return (await run(program, ['-v'])).isPassed ? program : undefined;
  });
}

async function unpack(folder: string): Promise<void> {
  const draft = mkdtempSync(`${folder}-`);
  try {
    // Its libraries are on any system: OpenSSL, PCRE, zlib.
    await run('sh', ['-c', 'cd "$0" && apt-get download nginx', draft]);
    const [archive] = globSync(join(draft, '*.deb'));
    if (!archive || !(await run('dpkg', ['-x', archive, join(draft, 'root')])).isPassed) return;
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(draft, 'root'), folder);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** Has nginx read the configuration, with a certificate made as compose.yaml has it made. */
export async function checkNginx(program: string, compose: string): Promise<Outcome> {
  const folder = mkdtempSync(join(cacheFolder(), 'nginx-check-'));
  try {
    mkdirSync(join(folder, 'certificates'));
    const made = await run('sh', [join(compose, 'nginx/make-certificate.sh'), join(folder, 'certificates')]);
    if (!made.isPassed) return made;
    const { output } = await run(program, ['-v']);
    const [major = 0, minor = 0] = (/nginx\/(\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number);
    const text = readFileSync(join(compose, 'nginx/nginx.conf'), 'utf8');
    writeFileSync(join(folder, 'mime.types'), 'types { }\n');
    writeFileSync(join(folder, 'nginx.conf'), moved(text, folder, major * 100 + minor));
    return await run(program, ['-t', '-q', '-p', folder, '-c', join(folder, 'nginx.conf')]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The configuration with its files in another folder, and without what an nginx does not know yet.
 *
 * @param version 128 for nginx 1.28
 */
function moved(text: string, folder: string, version: number): string {
  const elsewhere = text
    .replaceAll(/(_path|pid) \/(tmp|var\/cache\/nginx)\//g, `$1 ${folder}/`)
    .replaceAll('/etc/nginx/', `${folder}/`)
    .replace('/dev/stdout', `${folder}/access.log`)
    // Only Docker's name server knows the name.
    .replace('server api:3000', 'server 127.0.0.1:3000');
  if (version >= 128) return elsewhere;
  return elsewhere.replace('http2 on;', '').replace(' resolve ', ' ');
}
