import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Everything that `/metrics` shows; names follow the Prometheus conventions, units at the end. */
export interface Metrics {
  readonly registry: Registry;
  /** Calls of banks by outcome: stored, repeated, token or the reason of a refusal. */
  readonly inboundCalls: Counter<'connector' | 'outcome'>;
  readonly ingestSeconds: Histogram;
  /** From our receipt of a message, or sight of a statement line, to DingTalk's acceptance. */
  readonly seenToToldSeconds: Histogram<'lane'>;
  /** From the bank's booking to our sight of it: the bank's own delay. */
  readonly bookedToSeenSeconds: Histogram<'connector' | 'source'>;
  readonly deliveries: Counter<'outcome' | 'code'>;
  readonly polls: Counter<'outcome'>;
  readonly pollLatenessSeconds: Histogram;
  readonly backlog: Gauge<'queue'>;
  readonly budgetLeft: Gauge<'budget'>;
  /** Sendings by what their answer proved. */
  readonly transfers: Counter<'connector' | 'outcome'>;
  /** From authorisation, or its day, to the bank's answer. */
  readonly authorisedToAnsweredSeconds: Histogram<'connector'>;
  readonly payments: Gauge<'state'>;
  /** What DingTalk told, by way and what became of it. */
  readonly dingtalkCallbacks: Counter<'outcome'>;
  readonly dingtalkStream: Counter<'news'>;
  readonly dingtalkEvents: Counter<'kind' | 'state'>;
  readonly paymentQuestions: Gauge;
  readonly auditMissing: Gauge;
  readonly auditOverdue: Gauge;
}

const DELAYS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300];

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    inboundCalls: new Counter({
      name: 'cashbell_inbound_calls_total',
      help: 'Calls of banks by outcome.',
      labelNames: ['connector', 'outcome'],
      registers,
    }),
    ingestSeconds: new Histogram({
      name: 'cashbell_ingest_seconds',
      help: 'Time of one batch of messages through parse, record and route.',
      buckets: DELAYS,
      registers,
    }),
    seenToToldSeconds: new Histogram({
      name: 'cashbell_seen_to_told_seconds',
      help: 'From when we learnt of something to when DingTalk accepted the message.',
      labelNames: ['lane'],
      buckets: DELAYS,
      registers,
    }),
    bookedToSeenSeconds: new Histogram({
      name: 'cashbell_booked_to_seen_seconds',
      help: 'Delay of the bank, from its booking to our sight of it.',
      labelNames: ['connector', 'source'],
      buckets: [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400],
      registers,
    }),
    dingtalkCallbacks: new Counter({
      name: 'cashbell_dingtalk_callbacks_total',
      help: 'Calls to the callback address by outcome.',
      labelNames: ['outcome'],
      registers,
    }),
    dingtalkStream: new Counter({
      name: 'cashbell_dingtalk_stream_total',
      help: 'Frames, connections, their ends and failed attempts of Stream.',
      labelNames: ['news'],
      registers,
    }),
    dingtalkEvents: new Counter({
      name: 'cashbell_dingtalk_events_total',
      help: 'Events, robot messages and card presses by what became of them.',
      labelNames: ['kind', 'state'],
      registers,
    }),
    deliveries: new Counter({
      name: 'cashbell_deliveries_total',
      help: 'Messages to DingTalk by outcome and code.',
      labelNames: ['outcome', 'code'],
      registers,
    }),
    polls: new Counter({
      name: 'cashbell_polls_total',
      help: 'Polls of statements by outcome: ok or the code of the error.',
      labelNames: ['outcome'],
      registers,
    }),
    pollLatenessSeconds: new Histogram({
      name: 'cashbell_poll_lateness_seconds',
      help: 'How late a poll began.',
      buckets: DELAYS,
      registers,
    }),
    backlog: new Gauge({
      name: 'cashbell_backlog',
      help: 'Things that wait: messages to ingest, notices to tell, quarantined messages.',
      labelNames: ['queue'],
      registers,
    }),
    budgetLeft: new Gauge({
      name: 'cashbell_dingtalk_budget_left',
      help: 'Calls left this month in the smallest budget of all organisations.',
      labelNames: ['budget'],
      registers,
    }),
    transfers: new Counter({
      name: 'cashbell_transfers_total',
      help: 'Transfers sent to banks by what the answer proved.',
      labelNames: ['connector', 'outcome'],
      registers,
    }),
    authorisedToAnsweredSeconds: new Histogram({
      name: 'cashbell_authorised_to_answered_seconds',
      help: "From the last yes, or the payment's day, to the bank's answer.",
      labelNames: ['connector'],
      buckets: DELAYS,
      registers,
    }),
    payments: new Gauge({
      name: 'cashbell_payments',
      help: 'Payments that have not ended, by state.',
      labelNames: ['state'],
      registers,
    }),
    paymentQuestions: new Gauge({
      name: 'cashbell_payment_questions',
      help: 'Payments of which the bank cannot tell what became; people must decide.',
      registers,
    }),
    auditMissing: new Gauge({
      name: 'cashbell_audit_missing',
      help: 'Notices that an event should have but has not; must be 0.',
      registers,
    }),
    auditOverdue: new Gauge({
      name: 'cashbell_audit_overdue',
      help: 'Notices that should have been told by now although nothing holds them back.',
      registers,
    }),
  };
}
