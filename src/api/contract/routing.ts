import { z } from 'zod';
import { Time } from './common.ts';

/** A routing tree; its own schema checks it and names every problem by its path. */
export const TreeWire = z.record(z.string(), z.unknown());

export const RouteWarningWire = z.object({
  code: z.string(),
  routeId: z.string(),
  path: z.string(),
  problem: z.string(),
});

export const RoutesWire = z.object({
  /** Absent while nobody is told of anything. */
  tree: TreeWire.optional(),
  warnings: z.array(RouteWarningWire),
});

export const RoutesPut = z.strictObject({ tree: TreeWire });

export const RoutesTestNew = z.strictObject({
  /** The tree to try; without it the stored one is tried. */
  tree: TreeWire.optional(),
  days: z.number().int().min(1).max(366).default(30),
  factsMax: z.number().int().min(1).max(10_000).default(1_000),
});

export const RoutesTestWire = z.object({
  facts: z.number().int(),
  isCut: z.boolean(),
  rows: z.array(
    z.object({
      at: Time,
      kind: z.string(),
      subject: z.string(),
      amount: z.string().optional(),
      currency: z.string().optional(),
      told: z.array(
        z.object({
          destinationId: z.string(),
          destination: z.string(),
          routeId: z.string(),
          language: z.string(),
          detail: z.string(),
          lane: z.string(),
          muted: z.boolean(),
        }),
      ),
    }),
  ),
  warnings: z.array(RouteWarningWire),
  changes: z
    .object({
      facts: z.array(
        z.object({
          subject: z.string(),
          added: z.array(z.string()),
          removed: z.array(z.string()),
          changed: z.array(z.object({ destination: z.string(), fields: z.array(z.string()) })),
        }),
      ),
      destinations: z.array(
        z.object({
          destination: z.string(),
          noticesBefore: z.number().int(),
          noticesAfter: z.number().int(),
          messagesPerMonthBefore: z.number().int(),
          messagesPerMonthAfter: z.number().int(),
        }),
      ),
    })
    .optional(),
});
