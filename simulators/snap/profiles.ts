import {
  MILLIS_FORM,
  MILLIS_OR_SECONDS_FORM,
  SECONDS_FORM,
  wibMillis,
  wibSeconds,
  WIB_SECONDS_FORM,
} from './times.ts';
import type { SignatureEncoding } from './signatures.ts';

/** The banks that this simulator speaks for. */
export const BANKS = ['bca', 'bri', 'bni'] as const;
export type BankCode = (typeof BANKS)[number];

/** A service at a path of one bank. */
export interface ServicePath {
  /** Two digits of the standard (A9). */
  readonly service: string;
  /** The standard's service, where the bank answers with the code of another (A14). */
  readonly operation?: string;
  /** The bank's own version of the service where several run side by side. */
  readonly version?: '1.0' | '1.1' | '2.0';
}

/** How one bank differs from the standard: the knobs of A22, from A13 to A15. */
export interface Profile {
  readonly bank: BankCode;
  readonly title: string;
  /** Beginnings of all paths that the bank serves. */
  readonly prefixes: readonly string[];
  readonly tokenPath: string;
  readonly services: ReadonlyMap<string, ServicePath>;
  readonly tokenTtlSeconds: number;
  readonly tokenType: string;
  readonly tokenTimestamp: RegExp;
  readonly timestamp: RegExp;
  /** Encoding of the transaction signature; the token signature is base64 everywhere (A7.4). */
  readonly signatureEncoding: SignatureEncoding;
  readonly hmacKey: 'clientSecret' | 'apiSecret';
  readonly partnerIdField: 'partnerId' | 'apiKey';
  readonly externalId: RegExp;
  /** The same for single services of the standard, where it differs. */
  readonly externalIds: Readonly<Record<string, RegExp>>;
  readonly accountNo: RegExp;
  readonly partnerReferenceMandatory: boolean;
  /** Names of the two directions in a statement. */
  readonly directions: { readonly credit: string; readonly debit: string };
  readonly printTimestamp: (at: Date) => string;
  /** Rows of a statement page before `hasMore`; BCA has no pages and cuts at 9000 (A13). */
  readonly statementRows: number;
}

/** A service of the standard that exists at the banks but not here; it answers 405xx00. */
const LATER: readonly [string, ServicePath][] = [['transfer-va/status', { service: '26' }]];

const BCA: Profile = {
  bank: 'bca',
  title: 'BCA',
  prefixes: ['/openapi/v1.0/', '/openapi/v2.0/'],
  tokenPath: '/openapi/v1.0/access-token/b2b',
  services: new Map([
    ...under('/openapi/v1.0/', LATER),
    ['/openapi/v1.0/balance-inquiry', { service: '11' }],
    ['/openapi/v1.0/bank-statement', { service: '14' }],
    ['/openapi/v1.0/account-inquiry-internal', { service: '15' }],
    ['/openapi/v2.0/account-inquiry-external', { service: '16' }],
    ['/openapi/v1.0/transfer-intrabank', { service: '17' }],
    ['/openapi/v2.0/transfer-interbank', { service: '18' }],
    ['/openapi/v1.0/transfer-rtgs', { service: '22' }],
    ['/openapi/v1.0/transfer-skn', { service: '23' }],
    ['/openapi/v1.0/transfer/status', { service: '36' }],
  ]),
  tokenTtlSeconds: 900,
  tokenType: 'bearer',
  tokenTimestamp: WIB_SECONDS_FORM,
  timestamp: WIB_SECONDS_FORM,
  signatureEncoding: 'base64',
  hmacKey: 'clientSecret',
  partnerIdField: 'partnerId',
  externalId: /^\d{1,36}$/,
  externalIds: forTransfers(/^\d{1,32}$/),
  accountNo: /^\d{10}$/,
  partnerReferenceMandatory: true,
  directions: { credit: 'CREDIT', debit: 'DEBIT' },
  printTimestamp: wibSeconds,
  statementRows: 9000,
};

const BRI: Profile = {
  bank: 'bri',
  title: 'BRI',
  prefixes: [
    '/snap/v1.0/',
    '/snap/v1.1/',
    '/snap/v2.0/',
    '/intrabank/snap/',
    '/interbank/snap/',
    '/rtgs/snap/',
  ],
  tokenPath: '/snap/v1.0/access-token/b2b',
  services: new Map([
    ...under('/snap/v1.0/', LATER),
    ['/snap/v1.0/balance-inquiry', { service: '11' }],
    ['/snap/v1.0/bank-statement', { service: '14', version: '1.0' }],
    ['/snap/v1.1/bank-statement', { service: '14', version: '1.1' }],
    ['/snap/v2.0/bank-statement', { service: '14', version: '2.0' }],
    ['/intrabank/snap/v1.0/account-inquiry-internal', { service: '15' }],
    ['/interbank/snap/v1.0/account-inquiry-external', { service: '16', version: '1.0' }],
    ['/intrabank/snap/v1.0/transfer-intrabank', { service: '17' }],
    ['/interbank/snap/v1.0/transfer-interbank', { service: '18', version: '1.0' }],
    // The second version answers with 81, which the standard has for another service (A9, A14).
    [
      '/interbank/snap/v2.0/account-inquiry-external',
      { service: '81', operation: '16', version: '2.0' },
    ],
    ['/interbank/snap/v2.0/transfer-interbank', { service: '81', operation: '18', version: '2.0' }],
    ['/rtgs/snap/v2.0/transfer-rtgs', { service: '22' }],
    ['/snap/v1.0/transfer-sknbi', { service: '23' }],
    ['/snap/v1.0/transfer/status', { service: '36' }],
  ]),
  tokenTtlSeconds: 899,
  tokenType: 'BearerToken',
  tokenTimestamp: MILLIS_OR_SECONDS_FORM,
  timestamp: MILLIS_FORM,
  signatureEncoding: 'hex',
  hmacKey: 'clientSecret',
  partnerIdField: 'partnerId',
  // Nine digits on the account services, up to 36 on transfers (A14).
  externalId: /^\d{9}$/,
  externalIds: { '15': /^\d{1,36}$/, '16': /^\d{1,36}$/, ...forTransfers(/^\d{1,36}$/) },
  accountNo: /^\d{15}$/,
  partnerReferenceMandatory: false,
  directions: { credit: 'Credit', debit: 'Debit' },
  printTimestamp: wibMillis,
  statementRows: 100,
};

const BNI: Profile = {
  bank: 'bni',
  title: 'BNI',
  prefixes: ['/snap/v1/', '/snap-service/v1/'],
  tokenPath: '/snap/v1/access-token/b2b',
  services: new Map([
    ...under('/snap-service/v1/', LATER),
    ['/snap-service/v1/balance-inquiry', { service: '11' }],
    ['/snap-service/v1/transaction-history-list', { service: '12' }],
    ['/snap-service/v1/bank-statement', { service: '14' }],
    ['/snap-service/v1/account-inquiry-internal', { service: '15' }],
    ['/snap-service/v1/account-inquiry-external', { service: '16' }],
    ['/snap-service/v1/transfer-intrabank', { service: '17' }],
    ['/snap-service/v1/transfer-interbank', { service: '18' }],
    ['/snap-service/v1/transfer-rtgs', { service: '22' }],
    ['/snap-service/v1/transfer-skn', { service: '23' }],
    ['/snap-service/v1/transfer/status', { service: '36' }],
  ]),
  tokenTtlSeconds: 900,
  tokenType: 'Bearer',
  tokenTimestamp: SECONDS_FORM,
  timestamp: SECONDS_FORM,
  signatureEncoding: 'base64',
  hmacKey: 'apiSecret',
  partnerIdField: 'apiKey',
  // The bank's SDK sends nine digits and the unix seconds; the standard's limit is what is checked.
  externalId: /^\d{1,36}$/,
  externalIds: {},
  accountNo: /^\d{10}$/,
  partnerReferenceMandatory: false,
  directions: { credit: 'CREDIT', debit: 'DEBIT' },
  printTimestamp: wibSeconds,
  statementRows: 100,
};

/** The three banks. */
export const PROFILES: Readonly<Record<BankCode, Profile>> = { bca: BCA, bri: BRI, bni: BNI };

/** The bank that serves a path; undefined when the path belongs to nobody here. */
export function profileOfPath(path: string): Profile | undefined {
  return Object.values(PROFILES).find((profile) =>
    profile.prefixes.some((prefix) => path.startsWith(prefix)),
  );
}

/** Narrows text from outside to a bank's code. */
export function isBankCode(text: string): text is BankCode {
  return BANKS.some((bank) => bank === text);
}

function under(
  prefix: string,
  services: readonly [string, ServicePath][],
): [string, ServicePath][] {
  return services.map(([path, service]) => [prefix + path, service]);
}

function forTransfers(form: RegExp): Record<string, RegExp> {
  return Object.fromEntries(['17', '18', '22', '23', '36'].map((service) => [service, form]));
}
