import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { defaultEngines, engines } from '../../scripts/engines/index.ts';
import { parseOptions } from '../../scripts/engines/options.ts';
import { namedForTests, toPrint } from '../../scripts/engines/print.ts';
import { PlainError } from '../../scripts/plain-error.ts';
import { parseRedisUrl } from '../../shared/redis/url.ts';

const run = promisify(execFile);

describe('npm run engines', () => {
  it('starts one engine for each address when none is named', () => {
    expect(parseOptions([])).to.deep.equal({
      names: ['minio', 'elasticsearch', 'cassandra', 'redis'],
      json: false,
      forTests: false,
      portBase: undefined,
      docker: true,
      help: false,
    });
    expect(
      parseOptions(['minio', 'cassandra', 'minio', '--json', '--for-tests', '--port-base', '19000']),
    ).to.include({
      json: true,
      forTests: true,
      portBase: 19_000,
    });
    expect(parseOptions(['minio', 'cassandra', 'minio']).names).to.deep.equal(['minio', 'cassandra']);
    expect(parseOptions(['--for-tests']).names)
      .to.include('redis-cluster')
      .and.not.to.include('redis');
  });

  it('says what to type instead of what it does not know', () => {
    for (const [args, message] of [
      [['mongodb'], /There is no engine "mongodb": type some of minio, elasticsearch, cassandra, redis/],
      [['toString'], /There is no engine "toString"/],
      [['--jsn'], /--jsn[\s\S]*npm run engines -- \[engines…\]/],
      [['--port-base', 'high'], /--port-base high: type a number from 1024 to 55000/],
      [['--port-base', '80'], /--port-base 80/],
      [['cassandra', 'cassandra-ring'], /cassandra and cassandra-ring would have the same variables/],
      [['redis-cluster', 'redis'], /redis and redis-cluster would have the same variables/],
    ] as const)
      expect(() => parseOptions([...args]), args.join(' ')).to.throw(PlainError, message);
  });

  it('has ports for every engine that no other one has', () => {
    const offsets = Object.values(engines).map(({ portOffset }) => portOffset);
    expect(new Set(offsets).size).to.equal(offsets.length);
    for (const name of defaultEngines) expect(engines).to.have.property(name);
  });

  it('prints one JSON object, or lines that a shell takes as they stand', async () => {
    const urls = {
      S3_URL: "http://a:b'c@127.0.0.1:1/x?region=y&z=$(false)",
      QUEUE_REDIS_URL: 'redis://:p@h:1',
    };
    expect(JSON.parse(toPrint(urls, true))).to.deep.equal(urls);
    expect(toPrint(urls, true)).not.to.contain('\n');
    expect(toPrint(namedForTests(urls), false)).to.match(
      /^export TEST_S3_URL=.*\nexport TEST_QUEUE_REDIS_URL=/,
    );
    const { stdout } = await run('sh', [
      '-c',
      `${toPrint(urls, false)}\nprintf '%s %s' "$S3_URL" "$QUEUE_REDIS_URL"`,
    ]);
    expect(stdout).to.equal(`${urls.S3_URL} ${urls.QUEUE_REDIS_URL}`);
  });

  describe('as a command', function () {
    this.timeout(60_000);
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'emulsion-engines-'));
    });
    after(() => rm(folder, { recursive: true, force: true }));

    /** Runs it until it ends, or has printed something on stdout; then it is asked to stop. */
    function engine(args: string[], env: NodeJS.ProcessEnv = {}) {
      const child = execFile(process.execPath, ['scripts/engines.ts', ...args], {
        env: { ...process.env, DATA_DIR: folder, ...env },
      });
      const output = { out: '', err: '' };
      child.stdout?.on('data', (text: string) => {
        output.out += text;
        if (output.out.includes('\n')) child.kill('SIGTERM');
      });
      child.stderr?.on('data', (text: string) => {
        output.err += text;
      });
      return new Promise<typeof output & { code: number | null }>((resolve) =>
        child.once('close', (code) => resolve({ ...output, code })),
      );
    }

    it('starts both Redis servers, prints nothing else on stdout, and finds passwords and ports again', async () => {
      const first = await engine(['redis', '--json', '--no-docker']);
      expect(first.code, first.err).to.equal(0);
      const urls = JSON.parse(first.out) as Record<string, string>;
      expect(Object.keys(urls)).to.have.members(['QUEUE_REDIS_URL', 'CACHE_REDIS_URL']);
      for (const url of Object.values(urls)) expect(parseRedisUrl(url)).to.include({ kind: 'server' });
      expect(first.err).to.contain('redis is ready after');
      const second = await engine(['redis', '--json', '--no-docker']);
      expect(JSON.parse(second.out)).to.deep.equal(urls);
    });

    it('says what to install where something is missing', async () => {
      const bin = join(folder, 'bin');
      await mkdir(bin);
      const { err, out, code } = await engine(['minio', '--no-docker'], {
        PATH: bin,
        XDG_CACHE_HOME: join(folder, 'cache'),
      });
      expect(code).to.equal(1);
      expect(out).to.equal('');
      expect(err).to.contain('MinIO is built with Go, and there is no go on the PATH');
    });
  });
});
