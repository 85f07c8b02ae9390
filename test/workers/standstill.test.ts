import { expect } from 'chai';
import type { QueueName } from '../../shared/jobs.ts';
import { watchForStandstill } from '../../workers/standstill.ts';
import { until, world } from '../tools/world.ts';

describe('a queue that stands still', () => {
  it('is told from one that moves, one that is paused, and one that is empty', async () => {
    await using w = await world({ serves: [] });
    const { queues } = w.tools;
    const waiting = { postId: 'post_01j8z3k4m5n6p7q8r9s0t1v2w3' };
    await queues.addAll([
      { name: 'count-hashtags', payload: waiting, id: 'one-counts' },
      { name: 'index-post', payload: waiting, id: 'one-search' },
      { name: 'make-renditions', payload: waiting, id: 'one-media' },
    ]);
    const media = queues.all.find(({ name }) => name === 'media');
    await media?.pause();
    let begun = 0;
    const pulseOf = (queue: QueueName) => ({ running: 0, begun: queue === 'search' ? begun++ : 0 });
    const replaced: QueueName[] = [];
    const end = watchForStandstill(w.tools, ['counts', 'search', 'media', 'stories'], pulseOf, (queue) =>
      replaced.push(queue),
    );
    try {
      // Twice: the others have had twice the time to be taken for such.
      await until('the one that stands still is replaced, and again', () => replaced.length === 2);
    } finally {
      end();
    }
    expect(replaced).to.eql(['counts', 'counts']);
  });
});
