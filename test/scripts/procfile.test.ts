import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { PlainError } from '../../scripts/plain-error.ts';
import { parseProcfile } from '../../scripts/start/procfile.ts';

describe('the Procfile', () => {
  it('is one program a line, with its own variables and arguments', () => {
    const text = '# what runs\n\napi: node api/main.ts\nmedia:  A=1 B=x=y  node  workers/main.ts media\n';
    expect(parseProcfile(text)).to.deep.equal([
      { name: 'api', env: {}, command: 'node', args: ['api/main.ts'] },
      { name: 'media', env: { A: '1', B: 'x=y' }, command: 'node', args: ['workers/main.ts', 'media'] },
    ]);
  });

  it('is told apart from what is none by line', () => {
    expect(() => parseProcfile('api: node a.ts\nnode b.ts')).to.throw(
      PlainError,
      'line 2: type "name: command"',
    );
    expect(() => parseProcfile('api: node a.ts\napi: node b.ts')).to.throw(
      PlainError,
      'two programs named "api"',
    );
  });

  it('of this project starts programs that exist', () => {
    for (const { args } of parseProcfile(readFileSync('Procfile', 'utf8')))
      expect(() => readFileSync(args[0] as string)).not.to.throw();
  });
});
