import type { IncomingMessage } from 'node:http';
import type { Profile } from './profiles.ts';
import { badRequest, invalidFormat, missingField, unknownAccount } from './refusal.ts';
import type { Account } from './books.ts';
import type { TransferDesk } from './transfers/desk.ts';
import type { Transfer } from './transfers/journal.ts';
import type { World } from './world.ts';

/** A call as it arrived: signatures are over the raw body and the path as called. */
export interface InboundRequest {
  readonly method: string;
  readonly relativeUrl: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly remoteAddress: string;
}

/** What a service answers: the fields besides code and message, and headers where it has any. */
export interface Answer {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** The transfer that was executed, for the journal. */
  readonly transfer?: Transfer;
  /** Answered with 202xx00: the bank has not finished. */
  readonly isInProgress?: boolean;
}

/** A verified call to a service. */
export interface ServiceCall {
  readonly world: World;
  readonly desk: TransferDesk;
  readonly profile: Profile;
  /** Two digits in the bank's response codes. */
  readonly service: string;
  /** The standard's service; another where the bank's codes differ (A14). */
  readonly operation: string;
  readonly path: string;
  readonly externalId: string;
  readonly version: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A header's value; undefined when it is missing or empty. */
export function header(request: InboundRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()];
  const text = Array.isArray(value) ? value[0] : value;
  return text === '' ? undefined : text;
}

/** A mandatory header; 400xx02 names the one that is missing. */
export function requiredHeader(request: InboundRequest, name: string, service: string): string {
  const value = header(request, name);
  if (value === undefined) throw missingField(service, name);
  return value;
}

/** Reads the body as a JSON object; 400xx00 when it is none (E3: wrong type, BOM). */
export function readJson(request: InboundRequest, service: string): Record<string, unknown> {
  const type = header(request, 'Content-Type') ?? '';
  if (!/^application\/json\b/i.test(type)) throw badRequest(service, 'Content-Type is not JSON');
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(request.body);
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // Falls through to the one refusal for everything that cannot be read.
  }
  throw badRequest(service, 'the body is not a JSON object in UTF-8');
}

/** Text of a body's field; undefined when absent, 400xx01 when it is not text or too long. */
export function optionalText(
  call: Pick<ServiceCall, 'body' | 'service'>,
  name: string,
  longest: number,
): string | undefined {
  const value = call.body[name];
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || value.length > longest) throw invalidFormat(call.service, name);
  return value;
}

/** Text of a mandatory field. */
export function requiredText(
  call: Pick<ServiceCall, 'body' | 'service'>,
  name: string,
  longest: number,
): string {
  const value = optionalText(call, name, longest);
  if (value === undefined) throw missingField(call.service, name);
  return value;
}

/** The company's own reference, mandatory at BCA (A13). */
export function partnerReference(call: ServiceCall): string | undefined {
  return call.profile.partnerReferenceMandatory
    ? requiredText(call, 'partnerReferenceNo', 64)
    : optionalText(call, 'partnerReferenceNo', 64);
}

/** The account that the body names: its number is checked for form, then looked up. */
export function requestedAccount(call: ServiceCall): Account {
  const number = requiredText(call, 'accountNo', 19);
  if (!call.profile.accountNo.test(number)) throw invalidFormat(call.service, 'accountNo');
  const account = call.world.books.find(call.profile.bank, number);
  if (!account) throw unknownAccount(call.service);
  return account;
}

/** Narrows a parsed value to an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
