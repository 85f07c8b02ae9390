/** The load generator for machines without wrk: a child that is sent its options and replies what it measured. */
import { Pool } from 'undici';
import { percentile } from '../compare.ts';
import type { LoadOptions, LoadResult } from '../load.ts';

type Options = Omit<LoadOptions, 'folder'>;

function loadOnce({ url, tokens, connections, seconds }: Options): Promise<LoadResult> {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const headers = tokens.map((token) => ({ Authorization: `Bearer ${token}` }));
  const path = pathname + search;
  const tookMs: number[] = [];
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1_000;
  let sent = 0;
  return new Promise((resolve, reject) => {
    let lanes = connections;
    const end = () => {
      lanes -= 1;
      if (lanes > 0) return;
      const perSecond = tookMs.length / ((performance.now() - startedAt) / 1_000);
      resolve({ perSecond, p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99) });
      void pool.close();
    };
    const next = () => {
      const sentAt = performance.now();
      if (sentAt > endsAt) return end();
      sent += 1;
      pool.dispatch(
        { path, method: 'GET', headers: headers[sent % headers.length] ?? {} },
        {
          onRequestStart() {},
          onResponseStart(_, status) {
            if (status !== 200) reject(new Error(`${url}: status ${status}`));
          },
          onResponseData() {},
          onResponseEnd() {
            tookMs.push(performance.now() - sentAt);
            next();
          },
          onResponseError: (_, error) => reject(error),
        },
      );
    };
    for (let lane = 0; lane < connections; lane += 1) next();
  });
}

process.once('message', async (options: Options) => {
  process.send?.(await loadOnce(options).catch((error: Error) => ({ error: error.message })));
});
