import { describe, expect, test } from 'vitest';
import type { ErrorCode } from './errors.ts';
import { judgeExecution } from './payment-checks.ts';
import type { ExecutionScene, ExecutionVerdict } from './payment-checks.ts';

const NOW = 1_800_000_000_000;

const clear: ExecutionScene = {
  nowMs: NOW,
  payment: {
    digest: 'd1',
    digestNow: 'd1',
    maker: 'per_maker',
    approvalsRequired: 1,
    notBeforeMs: NOW,
    environment: 'sandbox',
    amountMinorUnits: 100_00n,
    currency: 'IDR',
    waived: [],
  },
  reading: { kind: 'agreed', digest: 'd1', originator: 'per_maker', approvers: ['per_checker'] },
  connection: { name: 'BCA', isActive: true, isArmed: true, environment: 'sandbox', canPay: true },
  beneficiary: {
    isActive: true,
    isPinnedVersion: true,
    hasSameAccount: true,
    usableFromMs: NOW,
    nameMatch: 'matched',
    isMismatchAccepted: false,
  },
  mayPayUnregistered: false,
  cash: { availableMinorUnits: 100_00n, outstandingMinorUnits: 0n, details: {} },
  rail: {},
  problems: [],
};

const payment = (changes: Partial<ExecutionScene['payment']>) => ({
  payment: { ...clear.payment, ...changes },
});
const reading = (approvers: readonly string[], originator = 'per_maker', digest = 'd1') => ({
  reading: { kind: 'agreed' as const, digest, originator, approvers },
});
const payee = (changes: Partial<NonNullable<ExecutionScene['beneficiary']>>) => ({
  beneficiary: { ...(clear.beneficiary ?? never()), ...changes },
});
function never(): never {
  throw new Error('the clear scene has a payee');
}

describe('checks before execution', () => {
  test('whoever passes all of them passes', () => {
    expect(judgeExecution(clear)).toEqual({ kind: 'pass' });
  });

  test.each<[string, Partial<ExecutionScene>, ExecutionVerdict['kind'], ErrorCode?]>([
    // Approval.
    ['the row was changed', payment({ digestNow: 'd2' }), 'void', 'payment.contentChanged'],
    [
      'the approval says other fields',
      reading(['per_checker'], 'per_maker', 'd2'),
      'void',
      'payment.contentChanged',
    ],
    ['it is still running', { reading: { kind: 'running' } }, 'block', 'payment.notApproved'],
    [
      'it was withdrawn after all',
      { reading: { kind: 'withdrawn' } },
      'void',
      'payment.approvalWithdrawn',
    ],
    [
      'it was declined after all',
      { reading: { kind: 'declined' } },
      'void',
      'payment.approvalDeclined',
    ],
    ['nobody agreed by hand', reading([]), 'block', 'payment.notApproved'],
    [
      'only the maker agreed',
      reading(['per_maker'], 'dingtalk:user01'),
      'block',
      'payment.selfApproval',
    ],
    [
      'only the originator agreed',
      reading(['dingtalk:user01'], 'dingtalk:user01'),
      'block',
      'payment.selfApproval',
    ],
    [
      'two are needed, one and the maker agreed',
      { ...payment({ approvalsRequired: 2 }), ...reading(['per_maker', 'per_a']) },
      'block',
      'payment.selfApproval',
    ],
    [
      'two are needed and agreed',
      { ...payment({ approvalsRequired: 2 }), ...reading(['per_a', 'per_b']) },
      'pass',
    ],
    [
      'the same person counts once',
      { ...payment({ approvalsRequired: 2 }), ...reading(['per_a', 'per_a']) },
      'block',
      'payment.notApproved',
    ],
    // Permission.
    ['payments are stopped', { stop: { reason: 'x' } }, 'block', 'payment.stopped'],
    [
      'the bank offers no payments',
      { connection: { ...clear.connection, canPay: false } },
      'block',
      'payment.notSupported',
    ],
    [
      'the connection is paused',
      { connection: { ...clear.connection, isActive: false } },
      'block',
      'payment.notSupported',
    ],
    [
      'the connection is not armed',
      { connection: { ...clear.connection, isArmed: false } },
      'block',
      'connection.notArmed',
    ],
    [
      'it was made for the sandbox',
      { connection: { ...clear.connection, environment: 'production' } },
      'void',
      'connection.environmentMismatch',
    ],
    // Time.
    ['its day has not come', payment({ notBeforeMs: NOW + 1 }), 'wait', 'payment.notYetDue'],
    ['the rail is closed', { rail: { opensAtMs: NOW + 1 } }, 'wait', 'payment.railClosed'],
    ['the rail opened', { rail: { opensAtMs: NOW } }, 'pass'],
    // Payee.
    [
      'the bank would refuse a field',
      { problems: [{ field: 'creditor.agent', problem: 'x' }] },
      'block',
      'payment.invalid',
    ],
    [
      'the payee was changed since',
      payee({ isPinnedVersion: false }),
      'void',
      'payment.beneficiaryChanged',
    ],
    ['the payee was retired', payee({ isActive: false }), 'void', 'payment.beneficiaryChanged'],
    [
      'the account is not the payee’s',
      payee({ hasSameAccount: false }),
      'void',
      'payment.beneficiaryChanged',
    ],
    ['the payee rests', payee({ usableFromMs: NOW + 1 }), 'block', 'payment.beneficiaryCoolOff'],
    ['the name is another', payee({ nameMatch: 'noMatch' }), 'block', 'payment.nameMismatch'],
    [
      'the name is another, and a second person took it',
      payee({ nameMatch: 'noMatch', isMismatchAccepted: true }),
      'pass',
    ],
    [
      'the name is another, and two let it pass',
      { ...payee({ nameMatch: 'noMatch' }), ...payment({ waived: ['payment.nameMismatch'] }) },
      'pass',
    ],
    ['the name is nearly the same', payee({ nameMatch: 'close' }), 'pass'],
    // Guards.
    ['a limit is exceeded', { exceeded: { details: {} } }, 'block', 'payment.limitExceeded'],
    [
      'a limit cannot be waived',
      { exceeded: { details: {} }, ...payment({ waived: ['payment.limitExceeded'] }) },
      'block',
      'payment.limitExceeded',
    ],
    [
      'it looks like another',
      { duplicate: { details: {} } },
      'block',
      'payment.duplicateSuspected',
    ],
    [
      'it looks like another, and two let it pass',
      { duplicate: { details: {} }, ...payment({ waived: ['payment.duplicateSuspected'] }) },
      'pass',
    ],
    [
      'one unit too little',
      { cash: { availableMinorUnits: 100_00n, outstandingMinorUnits: 1n, details: {} } },
      'block',
      'payment.cashShort',
    ],
    ['no fresh balance', { cash: 'unknown' }, 'block', 'payment.cashUnknown'],
    ['a bank without balances', { cash: 'notOffered' }, 'pass'],
  ])('%s', (_title, changes, kind, code) => {
    const verdict = judgeExecution({ ...clear, ...changes });
    expect(verdict.kind).toBe(kind);
    if (verdict.kind !== 'pass') expect(verdict.code).toBe(code);
  });

  test('an unregistered payee is paid only where that is allowed', () => {
    const { beneficiary: _left, ...without } = clear;
    expect(judgeExecution(without)).toMatchObject({ code: 'payment.beneficiaryUnknown' });
    expect(judgeExecution({ ...without, mayPayUnregistered: true }).kind).toBe('pass');
  });
});
