/** What nginx is told fits what the API serves. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { errors } from '../../shared/errors.ts';
import { maxImageBytes } from '../../shared/images/limits.ts';
import { maxImagesPerPost } from '../../shared/posts/image-urls.ts';
import { readCompose } from '../tools/manifests.ts';

const text = readCompose('nginx/nginx.conf').replaceAll(/^\s*#.*$/gm, '');

/** What stands between the braces behind a heading. */
function block(heading: string): string {
  const found = new RegExp(`${RegExp.escape(heading)} \\{\\n([\\s\\S]*?)\\n    \\}`).exec(text)?.[1];
  if (found === undefined) throw new Error(`nginx.conf has no ${heading}`);
  return found;
}

describe('nginx.conf', () => {
  const images = 'location ~ ^/(p|stories|avatars)/';

  it('caches the routes of images and no other one', () => {
    const folders = [...readFileSync('api/images.ts', 'utf8').matchAll(/router\.get\('\/(\w+)\//g)];
    expect(images).to.contain(`(${folders.map(([, folder]) => folder).join('|')})`);
    expect(text.match(/proxy_cache \w+;/g)).to.deep.equal(['proxy_cache images;']);
    expect(block(images)).to.contain('proxy_cache images;');
  });

  it('keeps only what says for how long, under its path and its version, past signatures', () => {
    expect(text).not.to.match(/proxy_cache_valid|proxy_ignore_headers|proxy_cache_use_stale/);
    expect(block(images)).to.contain('proxy_cache_key $uri?v=$arg_v;');
    expect(block(images)).to.match(/if \(\$arg_s\) \{\s+return 418;/);
    expect(text).to.contain('error_page 418 = @signed-image;');
    expect(block('location @signed-image')).not.to.contain('proxy_cache');
    // The names of the parameters are those that signatures and versions have.
    expect(readFileSync('shared/images/signed-urls.ts', 'utf8')).to.contain('&s=$');
  });

  it('lets through the largest post there is', () => {
    const mebibytes = Number(/client_max_body_size (\d+)m;/.exec(text)?.[1]);
    expect(mebibytes * 1_024 * 1_024).to.be.above(maxImagesPerPost * maxImageBytes);
    expect(readCompose('k8s/ingress.yaml')).to.contain(`proxy-body-size: ${mebibytes}m`);
  });

  it('lets sockets be silent for longer than the API is', () => {
    const pingMs = Number(
      /pingEveryMs: ([\d_]+)/.exec(readFileSync('api/live.ts', 'utf8'))?.[1]?.replaceAll('_', ''),
    );
    const live = block('location = /v1');
    expect(Number(/proxy_read_timeout (\d+)s;/.exec(live)?.[1]) * 1_000).to.be.above(2 * pingMs);
    expect(live).to.contain('Upgrade $http_upgrade;');
    // Headers of the level above count no longer once there is one; so these two are all it needs beside them.
    for (const header of ['Host $http_host', 'X-Forwarded-For $proxy_add_x_forwarded_for'])
      expect(live).to.contain(`proxy_set_header ${header};`);
  });

  it('answers by itself in the words of the API', () => {
    const answers = [...text.matchAll(/return (\d+) '(\{.*\})';/g)];
    expect(answers).to.have.length(4);
    for (const [, status, body] of answers) {
      const { error } = JSON.parse((body as string).replace('$own_request_id', 'req_x'));
      const known = errors[error.code as keyof typeof errors];
      expect({ status: Number(status), message: error.message }).to.deep.equal({ ...known });
      expect(error).to.have.all.keys('code', 'message', 'details', 'request_id');
    }
  });
});
