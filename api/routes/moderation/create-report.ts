/** POST /v1/reports: tells the admins of something. Nobody else learns of it. */
import { z } from 'zod';
import { fail, notFound } from '../../../shared/errors.ts';
import { newId } from '../../../shared/ids.ts';
import { reasons, remark, reportSchema } from '../../moderation/reports.ts';
import { ownerOfTarget, targetTypes } from '../../moderation/targets.ts';
import { route } from '../../route.ts';

const nouns = { post: 'Post', comment: 'Comment', user: 'User', story: 'Story' } as const;

export const createReport = route({
  method: 'post',
  path: '/v1/reports',
  area: 'moderation',
  summary: 'Report a post, a comment, a user or a story',
  auth: 'user',
  body: z.strictObject({
    target_type: z.enum(targetTypes),
    target_id: z.string().meta({ examples: ['post_01j8z3k4m5n6p7q8r9s0t1v2w3'] }),
    reason: z.enum(reasons),
    comment: remark.optional(),
  }),
  status: 201,
  reply: reportSchema,
  errors: ['NOT_FOUND'],
  async handle({ viewer, body, write, tools }) {
    const { target_type: type, target_id: id } = body;
    const ownerId = await ownerOfTarget(tools, viewer, type, id);
    if (ownerId === undefined) notFound(nouns[type], 'target_id', id);
    if (ownerId === viewer.id) {
      fail('INVALID_INPUT', { field: 'target_id', reason: 'You cannot report yourself' });
    }
    return write(async (tx) => {
      const report = await tx
        .insertInto('reports')
        .values({
          report_id: newId('report'),
          reporter_id: viewer.id,
          target_type: type,
          target_id: id,
          reason: body.reason,
          comment: body.comment || null,
        })
        // The open report of the same stands; naming a column makes Postgres reply it.
        .onConflict((conflict) =>
          conflict
            .columns(['reporter_id', 'target_type', 'target_id'])
            .where('resolved_at', 'is', null)
            .doUpdateSet({ reporter_id: viewer.id }),
        )
        .returning(['report_id', 'target_type', 'target_id', 'reason', 'comment', 'created_at'])
        .executeTakeFirstOrThrow();
      return { ...report, created_at: report.created_at.toISOString() };
    });
  },
});
