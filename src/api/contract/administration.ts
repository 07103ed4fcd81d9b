import { z } from 'zod';
import { languages } from '#core/languages.ts';
import { FingerprintWire, IdText, Name, Time } from './common.ts';

/** Each includes the ones before it. */
const tokenScopes = ['read', 'write', 'admin'] as const;
const dingtalkEditionNames = ['standard', 'standardBefore2025', 'professional', 'custom'] as const;

export const OrgWire = z.object({
  orgId: IdText,
  name: z.string(),
  corpId: z.string().optional(),
  language: z.enum(languages),
  zone: z.string(),
  dingtalkEdition: z.string(),
  apiCallsPerMonth: z.number().int().optional(),
  webhookCallsPerMonth: z.number().int().optional(),
  createdAt: Time,
});

export const OrgPatch = z.strictObject({
  name: Name.optional(),
  corpId: z.string().min(1).max(80).optional(),
  language: z.enum(languages).optional(),
  zone: z.string().max(60).optional(),
  dingtalkEdition: z.enum(dingtalkEditionNames).optional(),
  apiCallsPerMonth: z.number().int().positive().optional(),
  webhookCallsPerMonth: z.number().int().positive().optional(),
});

export const PersonWire = z.object({
  personId: IdText,
  name: z.string(),
  dingtalkUserId: z.string().optional(),
  language: z.string().optional(),
  createdAt: Time,
});

export const PersonNew = z.strictObject({
  name: Name,
  dingtalkUserId: z.string().max(64).optional(),
  language: z.enum(languages).optional(),
});

export const TokenWire = z.object({
  tokenId: IdText,
  name: z.string(),
  scopes: z.array(z.enum(tokenScopes)),
  /** Whoever holds it acts as this person; absent, it is a machine. */
  personId: IdText.optional(),
  createdAt: Time,
  expiresAt: Time.optional(),
  revokedAt: Time.optional(),
  lastUsedAt: Time.optional(),
});

export const TokenNew = z.strictObject({
  name: Name,
  scopes: z.array(z.enum(tokenScopes)).min(1),
  expiresInDays: z.number().int().min(1).max(3650).optional(),
  /** Yourself; a token for anybody else is made on the machine. */
  personId: IdText.optional(),
});

/** The only answer that ever holds a token. */
export const TokenMade = TokenWire.extend({ token: z.string() });

/** How events of approvals and messages to the robot arrive. */
const eventModes = ['none', 'stream', 'callback'] as const;

export const DingtalkAppWire = z.object({
  appId: IdText,
  name: z.string(),
  appKey: z.string(),
  robotCode: z.string(),
  cardTemplateId: z.string().optional(),
  apiHost: z.string(),
  oapiHost: z.string(),
  loginHost: z.string(),
  eventMode: z.enum(eventModes),
  /** Its Stream connection, as far as there is one. */
  stream: z
    .object({
      connectedAt: Time.optional(),
      lastFrameAt: Time.optional(),
      failures: z.number().int(),
      lastCode: z.string().optional(),
    })
    .optional(),
  agentId: z.string().optional(),
  secrets: z.array(FingerprintWire),
  createdAt: Time,
});

export const DingtalkAppNew = z.strictObject({
  name: Name,
  appKey: z.string().min(1).max(128),
  appSecret: z.string().min(1).max(512),
  robotCode: z.string().min(1).max(128).optional(),
  cardTemplateId: z.string().min(1).max(128).optional(),
  apiHost: z.string().max(200).optional(),
  oapiHost: z.string().max(200).optional(),
  loginHost: z.string().max(200).optional(),
  eventMode: z.enum(eventModes).optional(),
  agentId: z
    .string()
    .regex(/^\d{1,15}$/)
    .optional(),
  callbackToken: z.string().max(32).optional(),
  callbackAesKey: z.string().max(43).optional(),
});

export const DingtalkAppPatch = DingtalkAppNew.partial();
