import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError, loadConfig, loadEnvironment } from '../../shared/config.ts';

const known = {
  DATABASE_URL: 'postgres://alice:secret@db.example/emulsion',
  QUEUE_REDIS_URL: 'redis://queue.example',
  AUTH_SECRET: 'a'.repeat(32),
};

describe('the configuration', () => {
  let folder: string;
  const home = process.cwd();

  // `.env` is looked for in the working folder, so each test works in an empty one.
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'emulsion-config-'));
    process.chdir(folder);
    mkdirSync('data');
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  const write = (file: string, content: unknown) => writeFileSync(file, JSON.stringify(content));

  it('has a default for everything but the engines and the secret', () => {
    const config = loadConfig(known);
    expect(config).to.include({ ...known, HOST: '127.0.0.1', PORT: 3000, LOG_LEVEL: 'info' });
    expect(config.RATE_LIMITS).to.deep.equal({ anonymous: 60, free: 60, pro: 1000, enterprise: 10000 });
    expect(config.CACHE_REDIS_URL).to.equal(known.QUEUE_REDIS_URL);
    expect(config.PUBLIC_URL).to.equal('http://127.0.0.1:3000');
    expect(config.CDN_BASE_URL).to.equal(config.PUBLIC_URL);
    expect(config.DATA_DIR).to.equal(join(process.cwd(), 'data'));
  });

  it('names every problem at once, each with what to type', () => {
    const bad = { PORT: 'abc', LOG_LEVEL: 'loud', AUTH_SECRET: 'short', RATE_LIMITS: 'free:1' };
    expect(() => loadEnvironment(bad))
      .to.throw(ConfigError)
      .with.property('message')
      .that.contains('PORT: type a port number')
      .and.contains('LOG_LEVEL: type one of')
      .and.contains('AUTH_SECRET: type at least 32 characters')
      .and.contains('RATE_LIMITS: type "off" or four limits');
    expect(() => loadEnvironment({ RATE_LIMITS: 'anonymous:1,free:1,pro:1,enterprise:1,gold:1' })).to.throw(
      "there is no tier 'gold'",
    );
  });

  it('names every missing engine at once', () => {
    expect(() => loadConfig({}))
      .to.throw(ConfigError)
      .with.property('message')
      .that.contains('DATABASE_URL: run "npm start" with DATA_DIR=')
      .and.contains('QUEUE_REDIS_URL:')
      .and.contains('AUTH_SECRET:');
  });

  it('prefers the environment to .env, and .env to the files in DATA_DIR', () => {
    write('data/engines.json', { ...known, LOG_LEVEL: 'warn', PORT: '1', HOST: 'from.file' });
    writeFileSync('.env', 'LOG_LEVEL=error\nPORT=2\n');
    const config = loadConfig({ PORT: '3' });
    expect(config).to.include({ HOST: 'from.file', LOG_LEVEL: 'error', PORT: 3 });
  });

  it('finds the engines and secrets of a running installation by its DATA_DIR', () => {
    mkdirSync('elsewhere');
    const { AUTH_SECRET, ...engines } = known;
    write('elsewhere/engines.json', engines);
    write('elsewhere/secrets.json', { AUTH_SECRET, ADMIN_PASSWORD: 'correct horse' });
    expect(loadConfig({ DATA_DIR: 'elsewhere' })).to.include({ ...known, ADMIN_PASSWORD: 'correct horse' });
  });

  it('wants a sender where mail is to be sent', () => {
    const SMTP_URL = 'smtps://user:password@smtp.example.org';
    expect(() => loadConfig({ ...known, SMTP_URL }))
      .to.throw(ConfigError)
      .with.property('message')
      .that.contains('MAIL_FROM: type a sender');
    for (const MAIL_FROM of ['no-reply@example.org', 'Emulsion <no-reply@example.org>']) {
      expect(loadConfig({ ...known, SMTP_URL, MAIL_FROM })).to.include({ SMTP_URL, MAIL_FROM });
    }
    for (const MAIL_FROM of ['nobody', 'a@example.org, b@example.org', 'Emulsion <no reply>']) {
      expect(() => loadConfig({ ...known, SMTP_URL, MAIL_FROM })).to.throw('MAIL_FROM: type a sender');
    }
    expect(() => loadConfig({ ...known, SMTP_URL: 'smtp.example.org' })).to.throw('SMTP_URL: type a URL');
    expect(loadConfig(known).SMTP_URL).to.equal(undefined);
  });

  it('takes passkeys where PUBLIC_URL is, unless told otherwise', () => {
    const PUBLIC_URL = 'https://photos.example.org:8443/';
    expect(loadConfig({ ...known, PUBLIC_URL })).to.deep.include({
      RP_ID: 'photos.example.org',
      RP_ORIGINS: ['https://photos.example.org:8443'],
    });
    const app = 'android:apk-key-hash:abc_-9';
    const told = { RP_ID: 'example.org', RP_ORIGINS: `https://app.example.org/, ${app}` };
    expect(loadConfig({ ...known, PUBLIC_URL, ...told })).to.deep.include({
      RP_ID: 'example.org',
      RP_ORIGINS: ['https://app.example.org', app],
    });
    expect(() => loadConfig({ ...known, RP_ORIGINS: 'app.example.org' })).to.throw('type origins such as');
    expect(() => loadConfig({ ...known, RP_ID: 'https://example.org' })).to.throw('RP_ID: type a domain');
  });

  it('takes an empty value for none', () => {
    expect(loadConfig({ ...known, PORT: '', CDN_BASE_URL: '' }).PORT).to.equal(3000);
  });

  it('lifts all limits with RATE_LIMITS=off', () => {
    expect(loadConfig({ ...known, RATE_LIMITS: 'off' }).RATE_LIMITS).to.equal(null);
  });

  it('shows an address that can be reached, not the one that is listened on', () => {
    expect(loadConfig({ ...known, HOST: '0.0.0.0', PORT: '80' }).PUBLIC_URL).to.equal('http://localhost:80');
    expect(loadConfig({ ...known, PUBLIC_URL: 'https://em.example/' }).CDN_BASE_URL).to.equal(
      'https://em.example',
    );
  });
});
