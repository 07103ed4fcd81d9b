import { dayIn } from '#core/dates.ts';
import type { ApiServices } from '../app.ts';

/** The organisation's day, by which ages are counted. */
export async function todayOf(
  services: Pick<ApiServices, 'now' | 'payments'>,
  orgId: string,
): Promise<string> {
  const { zone } = await services.payments.directory.org(orgId);
  return dayIn(services.now(), zone).toString();
}
