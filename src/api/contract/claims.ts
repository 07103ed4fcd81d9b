import { z } from 'zod';
import { claimActs, claimEndings, claimStates } from '#core/claims.ts';
import { languages } from '#core/languages.ts';
import { Day, IdText, MoneyWire, PageQuery, Time } from './common.ts';

export const ClaimSubjectWire = z.object({
  /** In the claimant's words; empty while it is not said. */
  text: z.string().meta({ examples: ['INV-4711'] }),
  items: z.array(z.object({ itemId: IdText, label: z.string() })),
  isNotOurs: z.literal(true).optional(),
});

export const ClaimPartyWire = z.object({
  personId: IdText,
  claimedFor: ClaimSubjectWire,
  note: z.string().optional(),
  at: Time,
});

export const ClaimWire = z.object({
  claimId: IdText,
  /** What people call it, as in `claim 7 INV-4711`. */
  number: z.number().int(),
  /** Raised with every change of its card. */
  version: z.number().int(),
  state: z.enum(claimStates),
  accountId: IdText,
  /** Where it is asked about. */
  destinationId: IdText,
  language: z.enum(languages),
  /** The receipt. */
  entry: MoneyWire.extend({
    entryId: IdText,
    bookingDate: Day,
    remittanceInformation: z.string(),
    matchState: z.string().optional(),
    claimedCustomer: z.string().optional(),
  }),
  /** Who says that it is theirs; more than one in a conflict. */
  parties: z.array(ClaimPartyWire),
  /** When a claim falls back, or the receipt is asked about again. */
  dueAt: Time.optional(),
  reminders: z.number().int(),
  confirmedBy: z.string().optional(),
  matchId: IdText.optional(),
  ending: z.enum(claimEndings).optional(),
  createdAt: Time,
  changedAt: Time,
});

export const ClaimActWire = z.object({
  number: z.number().int(),
  act: z.enum(claimActs),
  personId: z.string().optional(),
  details: z.record(z.string(), z.unknown()),
  at: Time,
});

export const ClaimWithActsWire = ClaimWire.extend({ acts: z.array(ClaimActWire) });

export const ClaimQuery = PageQuery.extend({
  state: z.enum(claimStates).optional(),
  accountId: IdText.optional(),
});

/** The version that the person saw; without it the newest counts. */
const version = z.number().int().min(1).optional();

export const ClaimNew = z.strictObject({
  /** Invoice numbers with commas between them, or a customer. */
  for: z.string().max(200).optional(),
  itemIds: z.array(IdText).max(20).optional(),
  isNotOurs: z.boolean().optional(),
  note: z.string().max(500).optional(),
  version,
});

export const ClaimStep = z.strictObject({ version });
export const ClaimRefusal = z.strictObject({ reason: z.string().max(500).optional(), version });
export const ClaimAssignment = z.strictObject({ personId: IdText, version });

export const ClaimSettingsWire = z.object({
  openHours: z.number().int(),
  claimedHours: z.number().int(),
  remindersMax: z.number().int(),
  confirmedBy: z.enum(['other', 'anyone']),
  ownerPersonId: IdText.optional(),
});

export const ClaimSettingsPatch = z.strictObject({
  openHours: z.number().int().min(1).max(720).optional(),
  claimedHours: z.number().int().min(1).max(720).optional(),
  remindersMax: z.number().int().min(0).max(10).optional(),
  confirmedBy: z.enum(['other', 'anyone']).optional(),
  /** Null takes the owner away. */
  ownerPersonId: IdText.nullable().optional(),
});

export const ClaimGroupWire = z.object({
  accountId: IdText,
  destinationId: IdText.optional(),
  language: z.enum(languages).optional(),
});

export const ClaimGroupPut = z.strictObject({
  /** Null: receipts of the account are no longer asked about. */
  destinationId: IdText.nullable(),
  language: z.enum(languages).optional(),
});
