import { CashbellError } from '#core/errors.ts';
import type { ClaimDeps } from '#flows/claims/claim-deps.ts';
import { claimMatching } from '#flows/claims/settle-receipt.ts';
import type { ClaimSettings, ClaimSettingsPatch } from '#store/claim-settings.ts';
import { changeClaimSettings } from '#store/claim-settings.ts';
import { addPersonOnce } from '#store/destinations-admin.ts';
import type { AdminServices } from '#store/orgs.ts';
import { requirePerson } from '#store/persons.ts';
import type { OperationServices } from './services.ts';

/** Claims as API and command line act on them. */
export function claimDepsOf(services: OperationServices): ClaimDeps {
  const { announcer, onRings } = services.payments;
  return { services, announcer, onRings, matching: claimMatching };
}

/** A claim as people write it: its number, or its id. */
export function parseClaimRef(text: string): string | number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  if (/^clm_[0-9a-z]{4,40}$/.test(text)) return text;
  throw new CashbellError('api.notFound', { what: 'claim', id: text.slice(0, 60) });
}

/** Changes the settings of claims; an owner gets a place where to be told personally. */
export async function setClaimSettings(
  services: AdminServices,
  orgId: string,
  patch: ClaimSettingsPatch,
  actor: string,
): Promise<ClaimSettings> {
  const after = await changeClaimSettings(services, orgId, patch, actor);
  const { ownerPersonId } = after;
  if (ownerPersonId === undefined) return after;
  const { dingtalkUserId, name } = await requirePerson(services.pool, orgId, ownerPersonId);
  if (dingtalkUserId !== undefined) {
    await addPersonOnce(services, { orgId, userId: dingtalkUserId, name });
  }
  return after;
}
