import { expect } from 'chai';
import { openDatabase } from '../../shared/db/index.ts';
import { newId } from '../../shared/ids.ts';
import { openLog } from '../../shared/log.ts';
import { lockUpload, refuseUnderWay } from '../../shared/uploads.ts';
import { testDatabase } from '../tools/database.ts';

describe('an upload', () => {
  it('is under way until its transaction is over, whichever way', async () => {
    await using database = await testDatabase();
    const { db, pool } = openDatabase(database.url, 3, openLog('test', 'silent'));
    const [postId, other] = [newId('post'), newId('post')];
    const isUnderWay = (id: string) =>
      refuseUnderWay(db, id).then(
        () => false,
        (error: Error) => error.message.includes(id),
      );
    try {
      for (const ending of ['commits', 'fails']) {
        expect(await isUnderWay(postId)).to.equal(false);
        const end = Promise.withResolvers<void>();
        const begun = Promise.withResolvers<void>();
        const upload = db.transaction().execute(async (tx) => {
          await lockUpload(tx, postId);
          begun.resolve();
          await end.promise;
          if (ending === 'fails') throw new Error(ending);
        });
        await begun.promise;
        expect(await isUnderWay(postId), ending).to.equal(true);
        expect(await isUnderWay(other), ending).to.equal(false);
        end.resolve();
        await upload.catch(() => {});
        expect(await isUnderWay(postId), ending).to.equal(false);
      }
    } finally {
      await pool.end();
    }
  });
});
