/** Webhooks of Airwallex (B2). */
import { type Instant, instantFromMs, msBetween } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import { bodyText, type HttpReply, type InboundCall } from '#core/http.ts';
import type {
  InboundContent,
  InboundContext,
  InboundVerdict,
  RefusalReason,
  StoredMessage,
} from '../contract.ts';
import { headerOf, tryParseJson } from '../reading.ts';
import type { AirwallexConfig } from './config.ts';
import { depositEventTable, toDeposit } from './mapping.ts';
import { verifyWebhook } from './signature.ts';
import { toTransferNotice } from './transfer-answers.ts';
import { DepositWire, type Event, EventWire, type Transfer, TransferWire } from './wire.ts';

type Context = InboundContext<AirwallexConfig>;

/** Airwallex names none; five minutes is ours (B2). */
export const CLOCK_TOLERANCE_MS = 300_000;

/** Judges a webhook. Never throws. */
export function receiveWebhook(call: InboundCall, context: Context): InboundVerdict {
  try {
    return judgeWebhook(call, context);
  } catch (error) {
    const isOurs = error instanceof CashbellError;
    const reason = isOurs && isRefusalReason(error.code) ? error.code : 'inbound.unparseable';
    const details = isOurs ? error.details : { what: 'unexpected' };
    return { kind: 'refused', reason, details, reply: refuseWebhook(reason) };
  }
}

function isRefusalReason(code: string): code is RefusalReason {
  return code.startsWith('inbound.');
}

function judgeWebhook(call: InboundCall, { config, now }: Context): InboundVerdict {
  if (call.method.toUpperCase() !== 'POST') throw new CashbellError('inbound.pathUnknown');
  const timestamp = demandHeader(call, 'x-timestamp');
  const signature = demandHeader(call, 'x-signature');
  checkAge(timestamp, now);
  const secret = config.webhookSecret;
  if (secret === undefined) {
    throw new CashbellError('inbound.signatureInvalid', { what: 'webhookSecretMissing' });
  }
  if (!verifyWebhook(secret, timestamp, call.body, signature)) {
    throw new CashbellError('inbound.signatureInvalid', { what: 'hmac-sha256' });
  }
  const event = readEvent(call.body);
  checkAccount(event.account_id ?? event.accountId, config);
  const accepted = reply(200, { received: true });
  return {
    kind: 'accepted',
    verifiedBy: 'hmac-sha256 hex, raw body',
    nonce: event.id,
    messageKey: event.id,
    accountIdentifiers: identifiersOfEvent(event),
    replies: {
      accepted,
      repeated: accepted,
      nonceReused: reply(409, { code: 'conflict' }),
      // Airwallex asks again for about three days: time to add the wallet.
      accountUnknown: reply(404, { code: 'account_unknown' }),
      unavailable: reply(503, { code: 'unavailable' }),
    },
  };
}

function demandHeader(call: InboundCall, name: string): string {
  const value = headerOf(call.headers, name)?.trim() ?? '';
  if (value === '') throw new CashbellError('inbound.headerMissing', { field: name });
  return value;
}

/** Unix milliseconds, as sent (B2). */
function checkAge(text: string, now: Instant): void {
  if (!/^\d{13}$/.test(text)) {
    throw new CashbellError('inbound.timestampInvalid', { field: 'x-timestamp' });
  }
  const ageMs = msBetween(instantFromMs(Number(text)), now);
  const seconds = Math.round(Math.abs(ageMs) / 1000);
  if (ageMs > CLOCK_TOLERANCE_MS) throw new CashbellError('inbound.timestampStale', { seconds });
  if (ageMs < -CLOCK_TOLERANCE_MS) throw new CashbellError('inbound.timestampFuture', { seconds });
}

function readEvent(body: Uint8Array): Event {
  const json = tryParseJson(bodyText(body));
  if (json === undefined) throw new CashbellError('inbound.notJson');
  const event = EventWire.safeParse(json);
  if (!event.success) throw new CashbellError('inbound.unparseable');
  return event.data;
}

function checkAccount(accountId: string | undefined, config: AirwallexConfig): void {
  if (accountId === undefined) return;
  if (accountId === config.otherEnvironmentAccountId) {
    throw new CashbellError('inbound.environmentMismatch');
  }
  if (config.accountId !== undefined && accountId !== config.accountId) {
    throw new CashbellError('inbound.clientUnknown', { field: 'account_id' });
  }
}

/** Deposits and transfers belong to a wallet of ours; other events are kept as notes. */
function identifiersOfEvent(event: Event): string[] {
  const currency = transferOf(event)?.source_currency;
  if (currency !== undefined) return [`wallet:${currency.toUpperCase()}`];
  const deposit = DepositWire.safeParse(event.data);
  const isDeposit = Object.hasOwn(depositEventTable, event.name) && deposit.success;
  return isDeposit ? [`wallet:${deposit.data.currency.toUpperCase()}`] : [];
}

/** Events about a transfer carry it whole; those about its funding may carry something else. */
function transferOf(event: Event): Transfer | undefined {
  if (!event.name.startsWith('payout.transfer.')) return undefined;
  const transfer = TransferWire.safeParse(event.data);
  return transfer.success ? transfer.data : undefined;
}

function demandTransfer(event: Event): Transfer | undefined {
  const transfer = transferOf(event);
  const isAboutTransfer = /^payout\.transfer\.(?!funding\.)/.test(event.name);
  if (transfer === undefined && isAboutTransfer) {
    throw new CashbellError('inbound.unparseable', { name: event.name.slice(0, 80) });
  }
  return transfer;
}

/** Reads a stored webhook. A deposit that cannot be read throws and is looked at by a person. */
export function parseWebhook(message: StoredMessage): InboundContent {
  const event = readEvent(message.body);
  const transfer = demandTransfer(event);
  if (transfer !== undefined) {
    const transfers = [toTransferNotice(transfer)];
    return { movements: [], balances: [], transfers, note: event.name.slice(0, 80) };
  }
  if (!event.name.startsWith('deposit.')) {
    return { movements: [], balances: [], note: event.name.slice(0, 80) };
  }
  const deposit = DepositWire.safeParse(event.data);
  if (!deposit.success) throw new CashbellError('inbound.unparseable', { name: event.name });
  const entry = toDeposit(deposit.data, event.name, message.receivedAt);
  const accountIdentifiers = identifiersOfEvent(event);
  return { movements: [{ accountIdentifiers, entry }], balances: [] };
}

const STATUS_OF_REFUSAL: Readonly<Partial<Record<RefusalReason, number>>> = {
  'inbound.pathUnknown': 405,
  'inbound.tooLarge': 413,
  'inbound.rateLimited': 429,
  'inbound.connectionUnknown': 404,
  'inbound.accountUnknown': 404,
  'inbound.addressNotAllowed': 403,
  'inbound.environmentMismatch': 403,
  'inbound.clientUnknown': 403,
  'inbound.nonceReplayed': 409,
  'inbound.notJson': 400,
  'inbound.unparseable': 400,
  'inbound.headerMissing': 400,
  'inbound.timestampInvalid': 400,
};

export function refuseWebhook(reason: RefusalReason): HttpReply {
  return reply(STATUS_OF_REFUSAL[reason] ?? 401, { code: reason.slice('inbound.'.length) });
}

function reply(status: number, body: Readonly<Record<string, unknown>>): HttpReply {
  return {
    status,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  };
}
