/** What a refusal looks like: the one envelope every error comes in. */
import { expect } from 'chai';
import { type ErrorCode, errors } from '../../shared/errors.ts';
import type { Reply } from './client.ts';

/**
 * Expects the reply to be this refusal, and its envelope to be whole.
 *
 * @param expected.field what `details.field` names; without it there may be no field
 * @param expected.reason what `details.reason` says, or matches
 */
export function expectRefusal(
  reply: Reply,
  code: ErrorCode,
  expected: { field?: string; reason?: string | RegExp; message?: string } = {},
): void {
  const shown = reply.text.slice(0, 500);
  expect(`${reply.status} ${reply.body?.error?.code}`, shown).to.equal(`${errors[code].status} ${code}`);
  expect(reply.headers.get('content-type')).to.equal('application/json; charset=utf-8');
  expect(Object.keys(reply.body)).to.eql(['error']);
  const { details, ...error } = reply.body.error;
  expect(error).to.have.all.keys('code', 'message', 'request_id');
  expect(error.request_id).to.match(/^req_[0-9a-z]{26}$/);
  expect(error.request_id).to.equal(reply.headers.get('x-request-id'));
  if (code !== 'NOT_FOUND' || expected.message) {
    expect(error.message).to.equal(expected.message ?? errors[code].message);
  }
  expect(details?.field, shown).to.equal(expected.field);
  if (expected.field !== undefined) expect(details.reason).to.be.a('string').and.not.equal('');
  if (expected.reason instanceof RegExp) expect(details.reason).to.match(expected.reason);
  else if (expected.reason !== undefined) expect(details.reason).to.equal(expected.reason);
}
