import { isIP } from 'node:net';
import type { Pool } from 'pg';
import { CashbellError } from '#core/errors.ts';
import type { Settings } from '#engine/settings.ts';
import { isPrivateAddress } from '#engine/transport.ts';

/** Name of the organisation that the demo world makes. */
export const DEMO_ORG = 'Demo Trading Group';

/**
 * A production start refuses the demo world and simulated endpoints: nobody may take play money for
 * real money, or send real messages by keys that were printed in a demo (design.md section 7).
 */
export async function refuseSandboxData(
  pool: Pool,
  settings: Pick<Settings, 'allowedPrivateHosts' | 'home'>,
): Promise<void> {
  const { rows } = await pool.query<{ what: string; url: string }>(
    `SELECT name AS what, base_url AS url FROM connection WHERE state = 'active'
     UNION ALL SELECT name, api_host FROM dingtalk_app WHERE removed_at IS NULL
     UNION ALL SELECT name, config->>'host' FROM destination
       WHERE state <> 'removed' AND kind = 'robot'`,
  );
  const simulated = rows.find(({ url }) => isSimulated(url, settings.allowedPrivateHosts));
  if (!simulated) return;
  throw new CashbellError('config.sandboxOnly', {
    variable: 'CASHBELL_HOME',
    problem: `"${simulated.what}" points to this machine (${simulated.url})`,
    fix: `Use another CASHBELL_HOME than ${settings.home}, start with --sandbox, or name the host in CASHBELL_ALLOWED_PRIVATE_HOSTS if it is real.`,
  });
}

function isSimulated(url: string, allowedHosts: readonly string[]): boolean {
  const host = URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? '';
  if (allowedHosts.includes('*') || allowedHosts.includes(host)) return false;
  return host === 'localhost' || (isIP(host) !== 0 && isPrivateAddress(host));
}

/** The demo world is never built beside real organisations. */
export async function refuseRealData(pool: Pool, settings: Pick<Settings, 'home'>): Promise<void> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT name FROM org WHERE name <> $1 LIMIT 1',
    [DEMO_ORG],
  );
  const [real] = rows;
  if (!real) return;
  throw new CashbellError('config.sandboxOnly', {
    variable: 'CASHBELL_HOME',
    problem: `this data folder holds "${real.name}", which is no demo`,
    fix: `Start without --sandbox, or give the demo a CASHBELL_HOME of its own (now ${settings.home}).`,
  });
}
