import { parseInstant } from '#core/dates.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { parseId } from '#core/ids.ts';
import type { OrgId } from '#core/ids.ts';
import { parseMoney } from '#core/money.ts';
import type { Money } from '#core/money.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { PersonActor } from '#store/persons.ts';
import type { TokenHolder } from '#store/tokens.ts';
import { authenticateToken } from '#store/tokens.ts';
import type { Terminal } from './context.ts';
import { CLI_ACTOR, findOrg, UsageError } from './context.ts';
import { readText } from './values.ts';

/** A secret is never an argument: others on the machine see those. */
export const TOKEN_OPTION = [
  '--token-file <path>',
  'file with your own token (default: CASHBELL_TOKEN)',
] as const;

export interface TokenFlag {
  readonly tokenFile?: string;
}

/**
 * The person who sits before the terminal, by a token of their own. Being on the machine is not being
 * somebody: what needs maker and checker needs two people here as everywhere.
 */
export async function actingPerson(
  services: Pick<AdminServices, 'pool' | 'now'>,
  terminal: Terminal,
  flags: TokenFlag,
): Promise<PersonActor> {
  const { orgId, personId } = await holderOf(services, terminal, flags);
  if (personId !== undefined) return { orgId, personId };
  throw new CashbellError('api.forbidden', {
    field: 'token',
    problem: 'it is the token of a machine; this needs one that was made with --person',
  });
}

/** Who asks for payments: a person, or a machine by its own token. */
export async function actingMaker(
  services: Pick<AdminServices, 'pool' | 'now'>,
  terminal: Terminal,
  flags: TokenFlag,
): Promise<{ readonly orgId: OrgId; readonly actor: string }> {
  const { orgId, tokenId, personId } = await holderOf(services, terminal, flags);
  return { orgId: parseId('org', orgId), actor: personId ?? `token:${tokenId}` };
}

/** Whoever reads: the holder of a token, or the operator, who may see all that is on the machine. */
export async function actingReader(
  services: Pick<AdminServices, 'pool' | 'now'>,
  terminal: Terminal,
  flags: TokenFlag & { readonly org?: string },
): Promise<{ readonly orgId: string; readonly actor: string }> {
  const token = flags.tokenFile ?? terminal.environment['CASHBELL_TOKEN'] ?? '';
  if (token !== '') return actingMaker(services, terminal, flags);
  return { orgId: await findOrg(services, flags.org), actor: CLI_ACTOR };
}

async function holderOf(
  services: Pick<AdminServices, 'pool' | 'now'>,
  terminal: Terminal,
  { tokenFile }: TokenFlag,
): Promise<TokenHolder> {
  const text =
    tokenFile === undefined
      ? terminal.environment['CASHBELL_TOKEN']
      : (await readText(tokenFile)).trim();
  if (text === undefined || text === '') {
    throw new UsageError(
      'This is done by a person who is signed in. Put your token into CASHBELL_TOKEN or --token-file; make one with: cashbell token create <name> --person <id> --scope write',
    );
  }
  const holder = await authenticateToken(services, text);
  if (!holder) throw new CashbellError('api.unauthorised');
  if (holder.scopes.some((scope) => scope !== 'read')) return holder;
  throw new CashbellError('api.forbidden', {
    field: 'token',
    problem: 'this needs a token with the scope "write"',
  });
}

/** Reads `IDR 1000.00` or `1000.00 IDR`. */
export function parseAmount(text: string): Money {
  const parts = /^([A-Za-z]{3})\s*([\d.]+)$|^([\d.]+)\s*([A-Za-z]{3})$/.exec(text.trim());
  if (!parts) throw new UsageError(`"${text.slice(0, 40)}" must look like "IDR 1000000.00"`);
  const [, before, amountAfter, amountBefore, after] = parts;
  return parseMoney(amountAfter ?? amountBefore ?? '', before ?? after ?? '');
}

/** Reads a moment with its zone, such as 2026-12-01T17:00:00+07:00. */
export function parseMoment(text: string): Instant {
  return parseInstant(text);
}
