import { isObject } from '../inbound.ts';
import { parseAmount } from '../money.ts';
import { BANKS } from '../profiles.ts';
import type { BankCode } from '../profiles.ts';
import { isRail } from './rails.ts';
import type { Rail } from './rails.ts';

/** When a rail takes orders, in WIB. */
export interface Hours {
  /** `HH:MM`. */
  readonly opens: string;
  readonly closes: string;
  readonly workingDaysOnly?: boolean;
}

/** Amounts of one transfer, as decimal text. */
export interface AmountLimits {
  readonly min?: string;
  readonly max?: string;
}

/** What a bank does with transfers beyond its dialect; the management interface sets it. */
export interface TransferSettings {
  /** `standard`: a second use of a partnerReferenceNo is refused; `none`: it pays again. */
  readonly idempotency: 'standard' | 'none';
  /** How a status inquiry says that there is no such transfer: 404xx01, or status 07. */
  readonly notFoundAs: '404' | '07';
  /** A transfer is not found by a status inquiry for so long after it was accepted. */
  readonly visibilityDelayMs: number;
  readonly retentionDays: number;
  /** Fee of a rail, charged as an entry of its own when the sender pays it. */
  readonly fees: Readonly<Partial<Record<Rail, string>>>;
  readonly limits: Readonly<Partial<Record<Rail, AmountLimits>>>;
  /** Sum of an account's transfers of a day; null for no limit. */
  readonly dailyAmount: string | null;
  readonly dailyCount: number | null;
  /** Rails that are not named are always open. */
  readonly hours: Readonly<Partial<Record<Rail, Hours>>>;
  /** Days such as `2025-12-25` that are no working days, besides weekends. */
  readonly holidays: readonly string[];
  readonly closedRails: readonly Rail[];
  /** How long RTGS and SKN take; a rail that is null waits for the management interface. */
  readonly settleAfterMs: Readonly<Partial<Record<Rail, number | null>>>;
  /** Which ends of RTGS and SKN the bank tells the company. */
  readonly notifies: 'all' | 'rejections' | 'none';
  /** BCA's table and its sample spell the name of service 16 differently (A13). */
  readonly inquiryNameField: 'beneficiaryAccountName' | 'benefiaryAccountName';
}

/** Rails and amounts of A17.2, which calls them general knowledge. */
const COMMON: TransferSettings = {
  idempotency: 'standard',
  notFoundAs: '07',
  visibilityDelayMs: 0,
  retentionDays: 31,
  fees: {},
  limits: {
    online: { max: '50000000.00' },
    bifast: { max: '250000000.00' },
    skn: { max: '1000000000.00' },
    rtgs: { min: '100000000.01' },
  },
  dailyAmount: null,
  dailyCount: null,
  hours: {},
  holidays: [],
  closedRails: [],
  settleAfterMs: { rtgs: 3000, skn: 5000 },
  notifies: 'all',
  inquiryNameField: 'beneficiaryAccountName',
};

/** BCA lists no 409xx01 and notifies rejections only (A8.3, A11, A13). */
const BCA: TransferSettings = {
  ...COMMON,
  idempotency: 'none',
  notFoundAs: '404',
  notifies: 'rejections',
};

type Check = (value: unknown) => boolean;
const isCount: Check = (value) => Number.isInteger(value) && Number(value) >= 0;
const isOneOf =
  (...known: readonly string[]): Check =>
  (value) =>
    known.some((one) => one === value);
const isListOf =
  (check: (text: string) => boolean): Check =>
  (value) =>
    Array.isArray(value) && value.every((one) => typeof one === 'string' && check(one));
const isByRail =
  (check: Check): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(value).every(([rail, one]) => isRail(rail) && (one === null || check(one)));
const isAmount: Check = (value) => {
  try {
    return typeof value === 'string' && parseAmount(value) >= 0n;
  } catch {
    return false;
  }
};
const isLimits: Check = (value) => isObject(value) && Object.values(value).every(isAmount);
const isTime: Check = (value) =>
  typeof value === 'string' && /^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(value);
const isHours: Check = (value) =>
  isObject(value) && isTime(value['opens']) && isTime(value['closes']);

/** What each field takes; the sentence is what a caller with a wrong value reads. */
const CHECKS: Readonly<Record<keyof TransferSettings, readonly [Check, string]>> = {
  idempotency: [isOneOf('standard', 'none'), 'standard or none'],
  notFoundAs: [isOneOf('404', '07'), '404 or 07'],
  visibilityDelayMs: [isCount, 'a whole number'],
  retentionDays: [isCount, 'a whole number'],
  fees: [isByRail(isAmount), 'amounts by rail'],
  limits: [isByRail(isLimits), '{min, max} by rail'],
  dailyAmount: [(value) => value === null || isAmount(value), 'an amount or null'],
  dailyCount: [(value) => value === null || isCount(value), 'a whole number or null'],
  hours: [isByRail(isHours), '{opens, closes, workingDaysOnly} by rail, times as HH:MM'],
  holidays: [isListOf((day) => /^\d{4}-\d{2}-\d{2}$/.test(day)), 'a list of days'],
  closedRails: [isListOf(isRail), 'a list of rails'],
  settleAfterMs: [isByRail(isCount), 'milliseconds or null by rail'],
  notifies: [isOneOf('all', 'rejections', 'none'), 'all, rejections or none'],
  inquiryNameField: [
    isOneOf('beneficiaryAccountName', 'benefiaryAccountName'),
    'beneficiaryAccountName or benefiaryAccountName',
  ],
};

/** The settings of the three banks. */
export class SettingsByBank {
  readonly #settings: Record<BankCode, TransferSettings> = { bca: BCA, bri: COMMON, bni: COMMON };

  of(bank: BankCode): TransferSettings {
    return this.#settings[bank];
  }

  /** Sets the given fields and leaves the others, within a field by rail too; throws on a wrong one. */
  put(bank: BankCode, fields: Readonly<Record<string, unknown>>): TransferSettings {
    const before = this.#settings[bank];
    const changed: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(fields)) {
      if (!isSetting(name)) throw new Error(`unknown transfer setting "${name}"`);
      const [check, wanted] = CHECKS[name];
      if (!check(value)) throw new Error(`${name} must be ${wanted}`);
      changed[name] = isObject(value) ? merged(before[name], value) : value;
    }
    this.#settings[bank] = { ...before, ...changed };
    return this.#settings[bank];
  }

  views(): Record<string, TransferSettings> {
    return Object.fromEntries(BANKS.map((bank) => [bank, this.#settings[bank]]));
  }
}

/** By rail; null takes a rail's value away, and for settling stands for "never by itself". */
function merged(before: unknown, given: Readonly<Record<string, unknown>>): unknown {
  return { ...(isObject(before) ? before : {}), ...given };
}

function isSetting(name: string): name is keyof TransferSettings {
  return Object.hasOwn(CHECKS, name);
}
