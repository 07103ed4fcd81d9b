import { z } from 'zod';
import { FingerprintWire, IdText, MoneyWire, Name, Time } from './common.ts';

export const EnvironmentWire = z.enum(['sandbox', 'production']);

export const FieldWire = z.object({
  name: z.string(),
  kind: z.enum(['text', 'digits', 'pemPrivateKey', 'pemPublicKey', 'choice']),
  isSecret: z.boolean(),
  isRequired: z.boolean(),
  hint: z.string(),
  choices: z.array(z.string()).optional(),
  pattern: z.string().optional(),
});

export const ConnectorWire = z.object({
  id: z.string(),
  displayName: z.string(),
  documentation: z.string(),
  country: z.string(),
  zone: z.string(),
  baseUrls: z.object({ sandbox: z.string().optional(), production: z.string().optional() }),
  fields: z.array(FieldWire),
  capabilities: z.array(z.string()),
  push: z.object({ covers: z.string(), repeats: z.boolean() }).optional(),
  pollIntervalSeconds: z.number().int(),
  historyDaysMax: z.number().int(),
  factsAsOf: z.iso.date(),
});

export const ConnectionWire = z.object({
  connectionId: IdText,
  connector: z.string(),
  name: z.string(),
  environment: EnvironmentWire,
  baseUrl: z.string(),
  config: z.record(z.string(), z.string()),
  secrets: z.array(FingerprintWire),
  learned: z.record(z.string(), z.string()),
  allowedAddresses: z.array(z.string()),
  state: z.enum(['active', 'paused', 'removed']),
  armedAt: Time.optional(),
  failingSince: Time.optional(),
  failingCode: z.string().optional(),
  lastSuccessAt: Time.optional(),
  lastTestedAt: Time.optional(),
  lastTestPassed: z.boolean().optional(),
  /** Where the bank has to send its calls; absent when no public URL is set. */
  hookUrl: z.string().optional(),
  createdAt: Time,
});

const Values = z.record(z.string().max(60), z.string().max(20_000));

export const ConnectionNew = z.strictObject({
  connector: z.string().max(60),
  name: Name,
  environment: EnvironmentWire,
  baseUrl: z.string().max(300).optional(),
  /** Values by field name, secrets among them; they are never shown again. */
  values: Values,
  allowedAddresses: z.array(z.string().max(60)).max(100).optional(),
  /** Take stray spaces, line breaks and quotation marks away instead of refusing them. */
  repair: z.boolean().default(false),
});

export const ConnectionPatch = z.strictObject({
  name: Name.optional(),
  baseUrl: z.string().max(300).optional(),
  values: Values.optional(),
  allowedAddresses: z.array(z.string().max(60)).max(100).optional(),
  repair: z.boolean().default(false),
});

export const SecretsNew = z.strictObject({ values: Values, repair: z.boolean().default(false) });

export const FindingWire = z.object({
  severity: z.enum(['failure', 'warning']),
  key: z.string(),
  code: z.string().optional(),
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  /** In the caller's language. */
  cause: z.string(),
  fix: z.string(),
});

export const RungWire = z.object({
  name: z.string(),
  title: z.string(),
  status: z.enum(['passed', 'warned', 'failed', 'skipped']),
  durationMs: z.number().int(),
  sent: z.string().optional(),
  received: z.string().optional(),
  findings: z.array(FindingWire),
});

export const TestNew = z.strictObject({
  /** Account to ask about when none is set up yet, such as on the first test. */
  accountNumber: z.string().max(64).optional(),
  currency: z.string().length(3).optional(),
});

export const TestWire = z.object({
  passed: z.boolean(),
  armed: z.boolean(),
  testedAt: Time,
  rungs: z.array(RungWire),
});

export const StoredTestWire = z.object({
  testedAt: Time,
  passed: z.boolean(),
  isCurrent: z.boolean(),
  rungs: z.array(RungWire),
});

export const BalanceWire = z.object({
  type: z.string(),
  ...MoneyWire.shape,
  asOf: Time,
  source: z.string(),
});

export const AccountWire = z.object({
  accountId: IdText,
  connectionId: IdText,
  number: z.string(),
  name: z.string(),
  currency: z.string(),
  zone: z.string(),
  settings: z.record(z.string(), z.string()),
  /** Only Cashbell pays from it: a debit without a payment of ours is an alarm. */
  expectsOnlyOurDebits: z.boolean(),
  identifiers: z.array(z.string()),
  balances: z.array(BalanceWire),
  /** Every movement booked before this moment is known. */
  completeAsOf: Time.optional(),
  gapSince: Time.optional(),
  staleSince: Time.optional(),
  /** Median: from the bank's booking until we saw it. */
  bankDelayMs: z.number().int().optional(),
  /** Median: from seeing it until DingTalk had it. */
  tellDelayMs: z.number().int().optional(),
  poll: z
    .object({
      nextAt: Time,
      intervalSeconds: z.number().int(),
      failures: z.number().int(),
      lastCode: z.string().optional(),
      lastSuccessAt: Time.optional(),
    })
    .optional(),
  createdAt: Time,
});

export const AccountNew = z.strictObject({
  connectionId: IdText,
  number: z.string().min(1).max(64),
  name: Name,
  currency: z.string().length(3),
  settings: z.record(z.string().max(60), z.string().max(200)).optional(),
  historyDays: z.number().int().min(0).max(400).optional(),
});

export const AccountPatch = z.strictObject({
  name: Name.optional(),
  settings: z.record(z.string().max(60), z.string().max(200)).optional(),
  expectsOnlyOurDebits: z.boolean().optional(),
});
