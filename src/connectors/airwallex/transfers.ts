/** Paying from an Airwallex wallet, section B2. */
import { CashbellError } from '#core/errors.ts';
import { bodyText } from '#core/http.ts';
import type { PaymentCapability, TransferQuestion } from '../contract.ts';
import { tryParseJson } from '../reading.ts';
import { type AirwallexConfig, secretsOf } from './config.ts';
import { judgeAirwallex } from './mapping.ts';
import {
  judgeCreate,
  parseCancelled,
  parseCreated,
  parseFound,
  parseValidation,
} from './transfer-answers.ts';
import { airwallexRails, checkTransfer, toPost, toTransferBody } from './transfer-requests.ts';
import { ValidationWire } from './wire.ts';

const MINUTE_MS = 60_000;

export const airwallexPayments: PaymentCapability<AirwallexConfig> = {
  // `request_id` refuses a second transfer with `request_id_duplicate`. Airwallex names no end of
  // that memory; a day is ours, because nothing is sent blindly after it.
  idempotency: { kind: 'key', windowMs: 24 * 60 * MINUTE_MS },
  inquiry: {
    kind: 'byReference',
    // The list's delay is not documented either.
    visibilityMs: 15 * MINUTE_MS,
    retentionDays: 30,
  },
  rails: airwallexRails,
  isDebitReferenced: true,
  checkInstruction: (instruction) => checkTransfer(instruction),
  initiateTransfer: {
    serviceOf: () => 'transfers/create',
    request: (instruction) => toPost('/api/v1/transfers/create', toTransferBody(instruction)),
    judge: (response, { config }) => judgeCreate(response, secretsOf(config)),
    parse: (response, instruction) => parseCreated(response, instruction),
  },
  fetchTransfer: {
    service: 'transfers',
    request: ({ instruction, bankReference }) => ({
      method: 'GET',
      path:
        bankReference === undefined
          ? `/api/v1/transfers?request_id=${encodeURIComponent(instruction.endToEndId)}`
          : `/api/v1/transfers/${encodeURIComponent(bankReference)}`,
      headers: {},
    }),
    judge: (response, { config }) => judgeAirwallex(response, secretsOf(config)),
    parse: (response, question) => parseFound(response, question),
  },
  validateTransfer: {
    service: 'transfers/validate',
    request: (instruction) => toPost('/api/v1/transfers/validate', toTransferBody(instruction)),
    judge: (response, { config }) => {
      const isVerdict = response.status === 400 || response.status === 422;
      const read = ValidationWire.safeParse(tryParseJson(bodyText(response.body)));
      return isVerdict && read.success ? undefined : judgeAirwallex(response, secretsOf(config));
    },
    parse: (response) => parseValidation(response),
  },
  cancelTransfer: {
    service: 'transfers/cancel',
    request: (question) => toPost(`/api/v1/transfers/${idOf(question)}/cancel`, '{}'),
    parse: (response, question) => parseCancelled(response, question),
  },
};

/** Only a transfer whose id is known can be stopped. */
function idOf({ bankReference }: TransferQuestion): string {
  if (bankReference === undefined) {
    throw new CashbellError('payment.notSupported', { what: 'bankReference' });
  }
  return encodeURIComponent(bankReference);
}
