import type { Route } from '../call.ts';
import { CARD_CALLBACK_ROUTE } from './card-callbacks.ts';
import { FAILED_RESULTS_ROUTE } from './failed-results.ts';
import { GATEWAY_ROUTE } from './gateway.ts';

/** What event delivery answers on the wire; WebSocket connections come in beside it. */
export const PUSH_ROUTES: readonly Route[] = [
  GATEWAY_ROUTE,
  FAILED_RESULTS_ROUTE,
  CARD_CALLBACK_ROUTE,
];
