import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const installer = `
  import { ensureInstalled } from '${new URL('../../scripts/bootstrap/install.mjs', import.meta.url)}';
  await ensureInstalled(process.argv[1], () => {}).catch((error) => {
    console.log(error.message);
    process.exitCode = 1;
  });
`;

/** Stands in for npm's own program: notes how it was called and takes its time. */
const npm = `
  const { appendFileSync, mkdirSync } = require('node:fs');
  appendFileSync('calls', process.argv.slice(2, 3) + '\\n');
  mkdirSync('node_modules', { recursive: true });
  if (process.env.FAIL) { console.error('the registry is on fire'); process.exit(1); }
  setTimeout(() => {}, 300);
`;

const left = { version: '1.0.0', integrity: 'sha512-left' };
const elsewhere = { version: '1.0.0', integrity: 'sha512-else', optional: true, os: ['plan9'], cpu: ['x64'] };

describe('the installation of the dependencies', () => {
  let root: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'emulsion-install-'));
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'npm-cli.cjs'), npm);
    writeLock({ 'node_modules/left': left, 'node_modules/elsewhere': elsewhere });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function writeLock(packages: Record<string, unknown>) {
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...packages } }));
  }

  function writeNote(packages: Record<string, unknown>) {
    writeFileSync(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }));
  }

  async function install(env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', installer, root], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env,
        npm_execpath: join(root, 'npm-cli.cjs'),
        npm_node_execpath: process.execPath,
        ...env,
      },
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const [code] = await once(child, 'close');
    return { code, output };
  }

  const calls = () => (existsSync(join(root, 'calls')) ? readFileSync(join(root, 'calls'), 'utf8') : '');

  it('is done once, until the lock file changes', async () => {
    expect((await install()).code).to.equal(0);
    expect((await install()).output).to.equal('');
    expect(calls()).to.equal('ci\n');
    writeLock({ 'node_modules/left': { ...left, version: '1.1.0' } });
    await install();
    expect(calls()).to.equal('ci\nci\n');
  });

  it('is not done again after npm has installed the very same packages', async () => {
    writeNote({ 'node_modules/left': left });
    await install();
    expect(calls()).to.equal('');
  });

  it('is done if npm has installed another version, less, or more', async () => {
    writeNote({ 'node_modules/left': { ...left, integrity: 'sha512-other' } });
    await install();
    rmSync(join(root, 'node_modules'), { recursive: true });
    mkdirSync(join(root, 'node_modules'));
    writeNote({});
    await install();
    rmSync(join(root, 'node_modules'), { recursive: true });
    mkdirSync(join(root, 'node_modules'));
    writeNote({ 'node_modules/left': left, 'node_modules/right': left });
    await install();
    expect(calls()).to.equal('ci\nci\nci\n');
  });

  it('is done by one of several processes', async () => {
    const ends = await Promise.all([install(), install(), install()]);
    expect(ends.map((end) => end.code)).to.deep.equal([0, 0, 0]);
    expect(calls()).to.equal('ci\n');
  });

  it('shows what npm says when it fails, and is tried again the next time', async () => {
    const { code, output } = await install({ FAIL: 'yes' });
    expect(code).to.equal(1);
    expect(output).to.contain('the registry is on fire');
    expect((await install()).code).to.equal(0);
    expect(calls()).to.equal('ci\nci\n');
  });
});
