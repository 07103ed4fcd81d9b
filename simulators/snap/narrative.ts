import type { Movement } from './books.ts';

/**
 * The narrative of a row, the only text a statement has (A10.3). It always contains the movement's
 * own reference first; that of a reversed movement may follow.
 */
export function narrative(movement: Movement): string {
  return movement.bank === 'bca' ? bcaRemark(movement) : longRemark(movement);
}

const BCA_FIELD = 18;

/**
 * BCA: two fields of 18 characters without special characters (A13). The first is the reference and
 * a code of three letters, the second what was ordered, or the customer number of the virtual account.
 */
function bcaRemark(movement: Movement): string {
  const first = `${movement.reference} ${bcaCode(movement)}`;
  const second = movement.reverses
    ? `KOR ${movement.reverses}`
    : movement.remark || movement.virtualAccount?.customerNo || movement.counterparty;
  return bcaField(first) + bcaField(second);
}

function bcaField(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9 .]/g, ' ')
    .slice(0, BCA_FIELD)
    .padEnd(BCA_FIELD, ' ');
}

function bcaCode(movement: Movement): string {
  if (movement.corrected || movement.reverses) return 'KOR';
  const codes = { va: 'VA', vaIntrabank: 'VA', qr: 'QR', transfer: 'TRF', statementOnly: 'TRF' };
  return codes[movement.channel];
}

/** BRI and BNI: one line of up to 256 characters. */
function longRemark(movement: Movement): string {
  const words = [
    movement.corrected ? 'KOREKSI' : '',
    longCode(movement),
    movement.virtualAccount?.virtualAccountNo.trim() ?? '',
    movement.counterparty,
    movement.reference,
    movement.reverses ? `REVERSAL ${movement.reverses}` : movement.remark,
  ];
  return words
    .filter((word) => word !== '')
    .join(' ')
    .slice(0, 256);
}

function longCode(movement: Movement): string {
  if (movement.channel.startsWith('va')) return movement.bank === 'bri' ? 'BRIVA' : 'VA';
  if (movement.channel === 'qr') return 'QRIS';
  return 'TRF';
}
