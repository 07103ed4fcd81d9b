import { type Fact, isEntryFact } from '#core/events.ts';
import type { RenderedMessage } from '#core/messages.ts';
import { renderAlert } from './render-alert.ts';
import { renderEntry } from './render-entry.ts';
import type { RenderOptions } from './render-parts.ts';

export { renderAlert } from './render-alert.ts';
export { type DigestOptions, type DigestReason, renderDigest } from './render-digest.ts';
export { renderEntry } from './render-entry.ts';
export type { RenderOptions } from './render-parts.ts';

/** Puts one fact into words; the same for every destination, whatever form it takes there. */
export function renderFact(fact: Fact, options: RenderOptions): RenderedMessage {
  return isEntryFact(fact) ? renderEntry(fact, options) : renderAlert(fact, options);
}
