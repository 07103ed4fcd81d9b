import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Connector } from '#connectors/contract.ts';
import { instantFromMs, parsePlainDate } from '#core/dates.ts';
import { CashbellError } from '#core/errors.ts';
import type { ErrorCode } from '#core/errors.ts';
import { parseMoney } from '#core/money.ts';
import type { TransferInstruction } from '#core/payments.ts';
import { payingBank } from '#tests/pay-world.ts';
import type { BankCaller } from './bank-calls.ts';
import { createTransferCaller, outcomeOf } from './transfer-calls.ts';
import type { TransferPlace } from './transfer-calls.ts';

const instruction: TransferInstruction = {
  endToEndId: '218332800000000017',
  rail: 'intrabank',
  debtorAccount: { number: '1001', currency: 'IDR' },
  creditor: { name: 'PT A', account: '8010001575', scheme: 'domestic', country: 'ID' },
  instructedAmount: parseMoney('1.00', 'IDR'),
  chargeBearer: 'debtor',
  purpose: 'supplier',
  remittanceInformation: 'x',
  requestedExecutionDate: parsePlainDate('2026-11-23'),
};

/** A bank caller that asks for the permission and then fails as told. */
function callerThat(fails: () => never): BankCaller['run'] {
  return async (job) => {
    await job.beforeSending?.('ext-1', instantFromMs(Date.now()));
    return fails();
  };
}

async function send(run: BankCaller['run'], claim: () => Promise<void>) {
  const connectorOf = (): Connector => payingBank;
  const caller = createTransferCaller({ banks: { run }, connectorOf });
  const place = { connection: { connector: 'story', name: 'Story' }, accountId: 'acc_1' };
  return caller.initiate(place as unknown as TransferPlace, instruction, claim);
}

const thrower = (error: unknown) => (): never => {
  throw error;
};

describe('what a failure of sending proves', () => {
  test.each<[ErrorCode, boolean, string, boolean?]>([
    // Before the permission nothing can have left.
    ['transport.circuitOpen', false, 'notExecuted', false],
    ['transport.budgetExhausted', false, 'notExecuted', false],
    ['bank.maintenance', false, 'notExecuted', false],
    ['connection.notArmed', false, 'notExecuted', true],
    ['payment.stopped', false, 'notExecuted', true],
    ['payment.invalid', false, 'notExecuted', true],
    // After it only a connection that never stood, or the bank's own code, proves anything.
    ['transport.connectFailed', true, 'notExecuted', false],
    ['transport.dnsFailed', true, 'notExecuted', false],
    ['transport.tlsFailed', true, 'notExecuted', true],
    ['bank.maintenance', true, 'notExecuted', false],
    ['bank.tokenInvalid', true, 'notExecuted', false],
    ['bank.badRequest', true, 'notExecuted', true],
    ['bank.refused', true, 'refused'],
    ['bank.outcomeUnknown', true, 'answerLost'],
    ['transport.timeout', true, 'answerLost'],
    ['transport.redirectRefused', true, 'answerLost'],
    ['transport.answerTooLarge', true, 'answerLost'],
    ['connector.answerUnreadable', true, 'answerLost'],
    ['transport.budgetExhausted', true, 'answerLost'],
    ['payment.invalid', true, 'answerLost'],
  ])('transfer: %s, permission taken %s: %s', (code, mayHaveLeft, kind, isOurs) => {
    const outcome = outcomeOf(new CashbellError(code), mayHaveLeft);
    expect(outcome).toMatchObject({ kind, ...(isOurs === undefined ? {} : { isOurs }) });
  });

  test('transfer: a mistake of ours after the permission proves nothing, before it that nothing left', async () => {
    const bug = new TypeError('x is not a function');
    expect(await send(callerThat(thrower(bug)), () => Promise.resolve())).toMatchObject({
      kind: 'answerLost',
    });
    const early = await send(callerThat(thrower(bug)), () => Promise.reject(bug));
    expect(early).toMatchObject({ kind: 'notExecuted', isOurs: false });
  });

  test('transfer: a process that slept over its permission sends nothing', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    let sent = 0;
    const run: BankCaller['run'] = async (job) => {
      await job.beforeSending?.('ext-1', instantFromMs(Date.now()));
      sent += 1;
      throw new CashbellError('transport.timeout');
    };
    const slept = await send(run, () => {
      vi.setSystemTime(Date.now() + 60_000);
      return Promise.resolve();
    });
    expect(slept).toMatchObject({ kind: 'notExecuted', reason: { code: 'payment.intentStale' } });
    expect(sent).toBe(0);
    expect(await send(run, () => Promise.resolve())).toMatchObject({ kind: 'answerLost' });
    expect(sent).toBe(1);
  });
});
