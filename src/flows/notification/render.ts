import { type Fact, isClaimFact, isEntryFact, isPaymentFact, isReportFact } from '#core/events.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { renderAlert } from './render-alert.ts';
import { renderClaim } from './render-claim.ts';
import { renderEntry } from './render-entry.ts';
import { renderPayment } from './render-payment.ts';
import { renderReport } from './render-report.ts';
import type { RenderOptions } from './render-parts.ts';

export { renderAlert } from './render-alert.ts';
export { type DigestOptions, type DigestReason, renderDigest } from './render-digest.ts';
export { renderEntry } from './render-entry.ts';
export { renderPayment } from './render-payment.ts';
export type { RenderOptions } from './render-parts.ts';

/** Puts one fact into words; the same for every destination, whatever form it takes there. */
export function renderFact(fact: Fact, options: RenderOptions): RenderedMessage {
  if (isEntryFact(fact)) return renderEntry(fact, options);
  if (isPaymentFact(fact)) return renderPayment(fact, options);
  if (isClaimFact(fact)) return renderClaim(fact, options);
  return isReportFact(fact) ? renderReport(fact, options) : renderAlert(fact, options);
}
