/** Makes every process forget a user. The request did so already; this makes sure of it. */
import type { Handler } from '../handler.ts';

export const refreshUser: Handler<'refresh-user'> = async ({ userId }, { tools: { profiles } }) => {
  await profiles.forget(userId);
};
