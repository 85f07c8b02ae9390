/** What `npm start` tells the person in front of it when everything runs. */

export type BannerFacts = {
  apiUrl: string;
  dataDir: string;
  /** Undefined: the one the person has set, which is not for showing. */
  adminPassword: string | undefined;
  tookMs: number;
};

/** A few aligned lines, with an empty one before and after them. */
export function banner({ apiUrl, dataDir, adminPassword, tookMs }: BannerFacts): string {
  const password = adminPassword ? `password ${adminPassword}` : 'the password in ADMIN_PASSWORD';
  return `
  Emulsion is ready after ${(tookMs / 1_000).toFixed(1)} s.

  API       ${apiUrl}/v1
  Docs      ${apiUrl}/docs
  Queues    ${apiUrl}/admin/queues   user admin, ${password}
  Data      ${dataDir}

  Stop it with ctrl-c; the data stays.
`;
}
