/** Trays while several things happen at once. */
import { expect } from 'chai';
import { keys } from '../../shared/keys.ts';
import { beginTray, endTray } from '../../shared/stories/tray-scripts.ts';
import { openTrays, type Trays } from '../../shared/stories/trays.ts';
import { type World, world } from '../tools/world.ts';

describe('a cached tray', () => {
  let w: World;
  let trays: Trays;
  let count = 0;
  let tray: string;
  let viewer: { id: number; userId: string };
  before(async () => {
    w = await world({ serves: [] });
    trays = openTrays(w.tools.cache, w.tools.db);
  });
  after(() => w[Symbol.asyncDispose]());
  beforeEach(() => {
    count += 1;
    viewer = { id: -count, userId: `user_${count}` };
    tray = keys.tray(viewer.userId);
  });

  const members = () => w.tools.cache.zrevrange(tray, 0, -1);
  const owners = async () => (await trays.owners(viewer, 10)).map(({ ownerId }) => ownerId);
  const push = (ownerId: string, newestS: number) => trays.push([viewer.userId], { ownerId, newestS });

  it('is not made by a push, which would make a part look whole', async () => {
    expect(await push('user_a', 100)).to.equal(0);
    expect(await w.tools.cache.exists(tray)).to.equal(0);
    expect(await owners()).to.eql([]);
    expect(await members()).to.eql(['!whole']);
    expect(await push('user_a', 100)).to.equal(1);
    expect(await owners()).to.eql(['user_a']);
  });

  it('puts the owner of the newest story first, whatever order they come in', async () => {
    await owners();
    await push('user_a', 100.25);
    await push('user_b', 100.75);
    await push('user_a', 100.5);
    await push('user_b', 100.125);
    expect(await trays.owners(viewer, 10)).to.eql([
      { ownerId: 'user_b', newestS: 100.75 },
      { ownerId: 'user_a', newestS: 100.5 },
    ]);
    expect(await trays.owners(viewer, 1)).to.have.length(1);
  });

  it('takes what is pushed while it is built, and is not read before it is whole', async () => {
    await beginTray(w.tools.cache, [tray], ['builder', 30]);
    expect(await push('user_new', 200)).to.equal(1);
    expect(await push('user_b', 300)).to.equal(1);
    expect(await endTray(w.tools.cache, [tray], ['builder', 60, 100, 'user_a', 150, 'user_b'])).to.equal(1);
    expect(await trays.owners(viewer, 10)).to.eql([
      { ownerId: 'user_b', newestS: 300 },
      { ownerId: 'user_new', newestS: 200 },
      { ownerId: 'user_a', newestS: 100 },
    ]);
  });

  it('is not kept if it was forgotten, or begun anew, while it was built', async () => {
    await beginTray(w.tools.cache, [tray], ['first', 30]);
    await trays.forget(viewer.userId);
    expect(await endTray(w.tools.cache, [tray], ['first', 60, 100, 'user_a'])).to.equal(0);
    expect(await w.tools.cache.exists(tray)).to.equal(0);
    await beginTray(w.tools.cache, [tray], ['second', 30]);
    await beginTray(w.tools.cache, [tray], ['third', 30]);
    expect(await endTray(w.tools.cache, [tray], ['second', 60, 100, 'user_a'])).to.equal(0);
    expect(await endTray(w.tools.cache, [tray], ['third', 60])).to.equal(1);
    expect(await members()).to.eql(['!whole']);
  });

  it('drops who has nothing left, but not who has a newer story by now', async () => {
    await owners();
    await push('user_a', 100.715);
    await push('user_b', 100);
    const read = await trays.owners(viewer, 10);
    await push('user_b', 100.001);
    await trays.drop(viewer.userId, read);
    expect(await owners()).to.eql(['user_b']);
    await trays.drop(viewer.userId, []);
    expect(await owners()).to.eql(['user_b']);
  });
});
