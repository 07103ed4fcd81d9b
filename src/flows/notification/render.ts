import { type Fact, isEntryFact, isPaymentFact } from '#core/events.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { renderAlert } from './render-alert.ts';
import { renderEntry } from './render-entry.ts';
import { renderPayment } from './render-payment.ts';
import type { RenderOptions } from './render-parts.ts';

export { renderAlert } from './render-alert.ts';
export { type DigestOptions, type DigestReason, renderDigest } from './render-digest.ts';
export { renderEntry } from './render-entry.ts';
export { renderPayment } from './render-payment.ts';
export type { RenderOptions } from './render-parts.ts';

/** Puts one fact into words; the same for every destination, whatever form it takes there. */
export function renderFact(fact: Fact, options: RenderOptions): RenderedMessage {
  if (isEntryFact(fact)) return renderEntry(fact, options);
  return isPaymentFact(fact) ? renderPayment(fact, options) : renderAlert(fact, options);
}
