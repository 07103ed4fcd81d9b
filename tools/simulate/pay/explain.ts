import { invoiceOf } from './auditor.ts';
import type { Finding, Verdict } from './auditor.ts';
import type { Transfer } from './bank.ts';
import { simulatePay } from './run.ts';
import type { PayOptions } from './run.ts';

/** What must be empty after a run. */
export const faults = [
  'paidTwice',
  'paidWithoutAuthority',
  'paidChanged',
  'neverEnded',
  'wrongAmount',
  'toldWrongly',
  'overLimit',
] as const satisfies readonly (keyof Verdict)[];

export function isClean(verdict: Verdict): boolean {
  return faults.every((fault) => verdict[fault].length === 0);
}

/** Everything that was found, a line each. */
export function wordsOf(verdict: Verdict): string[] {
  return faults.flatMap((fault) =>
    verdict[fault].map(
      ({ endToEndId, invoice, why }) => `${fault}: ${endToEndId} for ${invoice}: ${why}`,
    ),
  );
}

/** The first finding of a run, with the name of the fault. */
export function firstFinding(
  verdict: Verdict,
): { readonly fault: string; readonly finding: Finding } | undefined {
  for (const fault of faults) {
    const [finding] = verdict[fault];
    if (finding) return { fault, finding };
  }
  return undefined;
}

/**
 * Runs the same seed again and writes down everything that happened to one invoice: our own lines, what
 * people did, what the bank has in its books.
 */
export async function tellLife(options: PayOptions, invoice: string): Promise<string[]> {
  const lines: { readonly atMs: number; readonly text: string }[] = [];
  const result = await simulatePay({
    ...options,
    onTrace: (line) => {
      if (line.invoice !== invoice) return;
      lines.push({ atMs: line.atMs, text: `${line.paymentId} ${line.text}` });
    },
  });
  for (const paper of result.papers.filter(({ request }) => request.invoice === invoice)) {
    for (const { atMs, what, by } of paper.lines) {
      lines.push({ atMs, text: `people: ${what} by ${by} on ${paper.id}` });
    }
  }
  for (const transfer of result.transfers.filter((one) => invoiceOf(one) === invoice)) {
    lines.push(...linesOf(transfer));
  }
  return fold(lines.toSorted((a, b) => a.atMs - b.atMs));
}

/** The same line many times over is one line. */
function fold(lines: readonly { readonly atMs: number; readonly text: string }[]): string[] {
  const folded: string[] = [];
  let times = 1;
  for (const [index, { atMs, text }] of lines.entries()) {
    if (lines[index + 1]?.text === text) {
      times += 1;
      continue;
    }
    folded.push(`${new Date(atMs).toISOString()} ${text}${times > 1 ? ` (${times} times)` : ''}`);
    times = 1;
  }
  return folded;
}

function linesOf(transfer: Transfer): { readonly atMs: number; readonly text: string }[] {
  const { id, call, status, takenAtMs, paidAtMs, backAtMs } = transfer;
  const lines = [
    { atMs: takenAtMs, text: `bank: ${id} for ${call.endToEndId} is ${status} in the end` },
  ];
  if (paidAtMs !== undefined) lines.push({ atMs: paidAtMs, text: `bank: ${id} is executed` });
  if (backAtMs !== undefined) lines.push({ atMs: backAtMs, text: `bank: ${id} comes back` });
  return lines;
}
