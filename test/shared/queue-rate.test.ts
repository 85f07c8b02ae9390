import { expect } from 'chai';
import { drainSeconds, type Ended, ratePerSecond } from '../../shared/queue-rate.ts';

const minute = 60_000;
/** 30 s into a minute. */
const nowMs = 1_000_000 * minute + 30_000;
const ended = (lastMs: number, count: number, prevCount: number, data: number[] = []): Ended => ({
  meta: { count, prevTS: lastMs, prevCount },
  data,
});

describe('the rate of a queue', () => {
  it('is that of the last five minutes, the one that has begun included', () => {
    // 10 in this minute, and 20, 30, 40, 50 before; older ones do not count.
    const rate = ratePerSecond([ended(nowMs, 1_000, 990, [20, 30, 40, 50, 600])], nowMs);
    expect(rate).to.be.closeTo(150 / 270, 1e-9);
  });

  it('adds up what was done and what failed', () => {
    const older = [0, 0, 0, 0];
    const rate = ratePerSecond([ended(nowMs, 100, 40, older), ended(nowMs, 30, 0, older)], nowMs);
    expect(rate).to.be.closeTo(90 / 270, 1e-9);
  });

  it('of a queue that is younger counts from its first minute', () => {
    expect(ratePerSecond([ended(nowMs, 15, 0)], nowMs)).to.be.closeTo(15 / 30, 1e-9);
    expect(ratePerSecond([ended(nowMs, 15, 5, [5])], nowMs)).to.be.closeTo(15 / 90, 1e-9);
  });

  it('falls while nothing ends, although nobody writes that down', () => {
    const before = [ended(nowMs - 2 * minute, 60, 0, [0, 0, 0, 0])];
    expect(ratePerSecond(before, nowMs)).to.be.closeTo(60 / 270, 1e-9);
    expect(ratePerSecond(before, nowMs + 2 * minute)).to.be.closeTo(60 / 270, 1e-9);
    expect(ratePerSecond(before, nowMs + 3 * minute)).to.equal(0);
  });

  it('is none where nothing ever ended', () => {
    expect(ratePerSecond([ended(0, 0, 0), ended(0, 0, 0)], nowMs)).to.equal(0);
  });

  it('says when the queue is empty', () => {
    expect(drainSeconds(0, 0)).to.equal(0);
    expect(drainSeconds(30, 0.5)).to.equal(60);
    expect(drainSeconds(1, 0)).to.equal(Number.POSITIVE_INFINITY);
  });
});
