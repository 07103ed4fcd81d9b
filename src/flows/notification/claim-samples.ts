/** Claims for the golden files: one for each way in which their card can look. */
import { parseInstant } from '#core/dates.ts';
import type { ClaimFact } from '#core/events.ts';
import { sampleEntry } from './render-samples.ts';

const { balanceAfter: _balance, ...entry } = sampleEntry('credit', 'booked');

const open: ClaimFact = {
  kind: 'claim.changed',
  claimId: 'clm_01sample0000000000000000000',
  number: 7,
  version: 1,
  state: 'open',
  at: parseInstant('2026-11-23T15:59:08+07:00'),
  accountId: 'acc_01sample0000000000000000000',
  connectionId: 'con_01sample0000000000000000000',
  environment: 'production',
  entry,
  suggestions: [],
  parties: [],
  until: parseInstant('2026-11-24T15:59:08+07:00'),
};

const siti = {
  personId: 'per_01sample0000000000000000000',
  name: 'Siti Rahma',
  claimedFor: 'INV-2026/117',
  note: '客户已电话确认',
};
const ming = {
  personId: 'per_02sample0000000000000000000',
  name: '陈志明',
  claimedFor: 'شركة النور للتجارة',
};
const claimed: ClaimFact = { ...open, version: 2, state: 'claimed', parties: [siti] };
const { until: _until, ...lasting } = claimed;

/** What each card is, by name. */
export const sampleClaims: Readonly<Record<string, ClaimFact>> = {
  open,
  'open, with suggestions': {
    ...open,
    suggestions: [
      { itemId: 'itm_01sample0000000000000000000', label: 'INV-2026/117' },
      { itemId: 'itm_02sample0000000000000000000', label: 'INV-2026/118' },
    ],
  },
  'open, reminder': { ...open, kind: 'claim.reminder' },
  claimed,
  'claimed, not said what for': { ...claimed, parties: [{ ...ming, claimedFor: '' }] },
  'claimed as not ours': { ...claimed, parties: [{ ...ming, claimedFor: '', isNotOurs: true }] },
  conflict: { ...claimed, version: 3, state: 'conflict', parties: [siti, ming] },
  confirmed: { ...lasting, version: 4, state: 'confirmed', confirmedBy: 'Ahmad Zaki' },
  'closed, matched': { ...lasting, state: 'closed', parties: [], ending: 'matched' },
  'closed, taken back': { ...lasting, state: 'closed', parties: [], ending: 'takenBack' },
};
