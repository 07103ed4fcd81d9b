import type { Connector, PaymentCapability, TransferQuestion } from '#connectors/contract.ts';
import type { CreditorQuestion } from '#connectors/contract.ts';
import type { Instant } from '#core/dates.ts';
import { CashbellError, isCashbellError } from '#core/errors.ts';
import type { Reason } from '#core/payment-happenings.ts';
import type { TransferAnswer, TransferInstruction, TransferReport } from '#core/payments.ts';
import type { DirectoryConnection } from '#store/directory.ts';
import type { BankCaller } from './bank-calls.ts';

/** What became of one sending, as far as its answer proves. */
export type TransferOutcome =
  | { readonly kind: 'answered'; readonly report: TransferReport }
  /** The bank said no; nothing was executed. */
  | { readonly kind: 'refused'; readonly reason: Reason }
  /** Certainly not executed. `isOurs`: sending it again as it is cannot help. */
  | { readonly kind: 'notExecuted'; readonly reason: Reason; readonly isOurs: boolean }
  /** It may or may not have been executed. */
  | { readonly kind: 'answerLost'; readonly reason: Reason };

/** The only way to a bank's transfer service. */
export interface TransferCaller {
  /**
   * Sends an instruction once. `claim` must commit the permission for exactly this sending and throw
   * when it was used before; it is asked when everything is ready and before the first byte leaves.
   * Never throws.
   */
  initiate(
    place: TransferPlace,
    instruction: TransferInstruction,
    claim: (externalId: string, now: Instant) => Promise<void>,
  ): Promise<TransferOutcome>;
  /** Asks what became of a transfer. Throws CashbellError when the bank gives no answer. */
  inquire(place: TransferPlace, question: TransferQuestion): Promise<TransferAnswer>;
  /**
   * Asks the bank to stop a transfer that it has taken and not yet executed. Its answer proves as much
   * as that of an inquiry. Throws CashbellError when the bank refuses or gives no answer.
   */
  cancel(place: TransferPlace, question: TransferQuestion): Promise<TransferReport>;
  /** The holder's name as the bank has it; `unsupported` where it offers no such question. */
  askCreditorName(
    place: TransferPlace,
    question: CreditorQuestion,
  ): Promise<{ readonly name: string | undefined } | 'unsupported'>;
}

export interface TransferPlace {
  readonly connection: DirectoryConnection;
  readonly accountId: string;
}

/** Longer ago than this a permission was taken for a sending that others may hold for lost. */
const CLAIM_FRESH_MS = 20_000;

/** Errors of the way to the bank after which no byte of the request can have arrived. */
const NEVER_LEFT = new Set([
  'transport.connectFailed',
  'transport.dnsFailed',
  'transport.tlsFailed',
  'transport.addressForbidden',
]);

export function createTransferCaller(options: {
  readonly banks: Pick<BankCaller, 'run'>;
  readonly connectorOf: (id: string) => Connector | undefined;
}): TransferCaller {
  const capabilityOf = (connection: DirectoryConnection): PaymentCapability<unknown> => {
    const capability = options.connectorOf(connection.connector)?.payments;
    if (capability) return capability;
    throw new CashbellError('payment.notSupported', { connection: connection.name });
  };
  return {
    initiate: async ({ connection, accountId }, instruction, claim) => {
      let mayHaveLeft = false;
      try {
        const { initiateTransfer } = capabilityOf(connection);
        const { response, context } = await options.banks.run({
          connection,
          accountId,
          service: initiateTransfer.serviceOf(instruction),
          request: (signed) => initiateTransfer.request(instruction, signed),
          judge: (answer, judged) => initiateTransfer.judge(answer, judged),
          beforeSending: async (externalId, now) => {
            const askedMs = Date.now();
            await claim(externalId, now);
            // A process that slept here may find that others have decided what became of it.
            if (Date.now() - askedMs > CLAIM_FRESH_MS) {
              throw new CashbellError('payment.intentStale');
            }
            mayHaveLeft = true;
          },
          isRepeatable: false,
          isPayment: true,
        });
        return {
          kind: 'answered',
          report: initiateTransfer.parse(response, instruction, context),
        };
      } catch (error) {
        return outcomeOf(error, mayHaveLeft);
      }
    },
    inquire: async ({ connection, accountId }, question) => {
      const { fetchTransfer } = capabilityOf(connection);
      if (!fetchTransfer) {
        throw new CashbellError('connector.capabilityMissing', { what: 'fetchTransfer' });
      }
      const { response, context } = await options.banks.run({
        connection,
        accountId,
        service: fetchTransfer.service,
        request: (signed) => fetchTransfer.request(question, signed),
        judge: (answer, judged) => fetchTransfer.judge(answer, judged),
        isRepeatable: true,
        isPayment: true,
      });
      return fetchTransfer.parse(response, question, context);
    },
    cancel: async ({ connection, accountId }, question) => {
      const { cancelTransfer } = capabilityOf(connection);
      if (!cancelTransfer) {
        throw new CashbellError('connector.capabilityMissing', { what: 'cancelTransfer' });
      }
      const { response, context } = await options.banks.run({
        connection,
        accountId,
        service: cancelTransfer.service,
        request: (signed) => cancelTransfer.request(question, signed),
        judge: (answer, judged) => options.connectorOf(connection.connector)?.judge(answer, judged),
        // Asking twice to stop one transfer does not stop another.
        isRepeatable: true,
        isPayment: true,
      });
      return cancelTransfer.parse(response, question, context);
    },
    askCreditorName: async ({ connection, accountId }, question) => {
      const { fetchCreditorName } = capabilityOf(connection);
      if (!fetchCreditorName?.isSupported(question)) return 'unsupported';
      const { response, context } = await options.banks.run({
        connection,
        accountId,
        service: fetchCreditorName.service,
        request: (signed) => fetchCreditorName.request(question, signed),
        judge: (answer, judged) => fetchCreditorName.judge(answer, judged),
        isRepeatable: true,
        isPayment: true,
      });
      return { name: fetchCreditorName.parse(response, question, context) };
    },
  };
}

/**
 * What a failure proves. Before the claim nothing has left. After it, only a connection that never
 * stood, or an answer whose meaning is certain, proves that nothing was executed; the default is
 * that nobody knows (style.md section 7).
 */
export function outcomeOf(error: unknown, mayHaveLeft: boolean): TransferOutcome {
  if (!isCashbellError(error)) {
    // Our own mistake, or our database was away: the state says what is certain.
    return mayHaveLeft
      ? { kind: 'answerLost', reason: { code: 'payment.noAnswer', details: {} } }
      : {
          kind: 'notExecuted',
          reason: { code: 'payment.intentStale', details: {} },
          isOurs: false,
        };
  }
  const reason: Reason = { code: error.code, details: error.details };
  const isOurs = error.disposition === 'bug';
  if (!mayHaveLeft || NEVER_LEFT.has(error.code)) {
    return { kind: 'notExecuted', reason, isOurs: isOurs || error.disposition === 'reject' };
  }
  // Only the bank's own code table proves anything; a failure of reading its answer does not.
  if (!error.code.startsWith('bank.')) return { kind: 'answerLost', reason };
  switch (error.disposition) {
    case 'retry':
      return { kind: 'notExecuted', reason, isOurs: false };
    case 'bug':
      return { kind: 'notExecuted', reason, isOurs: true };
    case 'reject':
      return { kind: 'refused', reason };
    case 'unknown':
      return { kind: 'answerLost', reason };
  }
}
