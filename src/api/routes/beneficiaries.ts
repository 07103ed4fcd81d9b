import { z } from 'zod';
import type { CheckedName } from '#flows/payment-controls/check-beneficiary-name.ts';
import { checkBeneficiaryName } from '#flows/payment-controls/check-beneficiary-name.ts';
import type { Beneficiary, BeneficiaryVersion, NameCheck } from '#store/beneficiaries.ts';
import {
  getBeneficiary,
  listBeneficiaries,
  listBeneficiaryVersions,
} from '#store/beneficiaries.ts';
import {
  confirmBeneficiary,
  proposeBeneficiary,
  proposeBeneficiaryChange,
  proposeBeneficiaryRetirement,
  refuseBeneficiary,
} from '#store/beneficiary-changes.ts';
import { requireGrant } from '#store/grants.ts';
import { personOf, principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import {
  BeneficiaryConfirmation,
  BeneficiaryNew,
  BeneficiaryPatch,
  BeneficiaryVersionWire,
  BeneficiaryWire,
  NameCheckNew,
  NameCheckResult,
} from '../contract/beneficiaries.ts';
import type { NameCheckWire } from '../contract/beneficiaries.ts';
import { IdText, listOf, PageQuery, pageOf } from '../contract/common.ts';

function toNameCheckWire(check: NameCheck): z.infer<typeof NameCheckWire> {
  const { match, nameAtBank, checkedAt } = check;
  return { match, nameAtBank, checkedAt: checkedAt.toString() };
}

export function toVersionWire(version: BeneficiaryVersion): z.infer<typeof BeneficiaryVersionWire> {
  return {
    ...version,
    warnings: version.warnings.map((warning) => ({ ...warning })),
    proposedAt: version.proposedAt.toString(),
    decidedAt: version.decidedAt?.toString(),
    nameCheck: version.nameCheck && toNameCheckWire(version.nameCheck),
  };
}

export function toBeneficiaryWire(beneficiary: Beneficiary): z.infer<typeof BeneficiaryWire> {
  return {
    ...beneficiary,
    usableFrom: beneficiary.usableFrom?.toString(),
    nameCheck: beneficiary.nameCheck && toNameCheckWire(beneficiary.nameCheck),
    createdAt: beneficiary.createdAt.toString(),
    open: beneficiary.open && toVersionWire(beneficiary.open),
  };
}

export function toNameResult(checked: CheckedName): z.infer<typeof NameCheckResult> {
  const { reason, askedThrough } = checked;
  return { ...toNameCheckWire(checked), reason, askedThrough };
}

const params = z.object({ beneficiaryId: IdText });
const versionParams = params.extend({ version: z.coerce.number().int().min(1) });
const query = PageQuery.extend({
  state: z.enum(['proposed', 'active', 'retired']).optional(),
  search: z.string().max(120).optional(),
});
const tags = ['Beneficiaries'];

/** The book of creditors that may be paid: maker and checker for everything in it. */
export function beneficiaryRoutes(app: ApiApp, services: ApiServices): void {
  readRoutes(app, services);
  proposalRoutes(app, services);
  app.post(
    '/beneficiaries/:beneficiaryId/versions/:version/confirm',
    {
      config: { scope: 'write' },
      schema: {
        tags,
        params: versionParams,
        body: BeneficiaryConfirmation,
        response: { 200: BeneficiaryWire },
      },
    },
    async (request) => {
      const confirmation = { ...request.params, ...request.body };
      return toBeneficiaryWire(await confirmBeneficiary(services, personOf(request), confirmation));
    },
  );
  app.post(
    '/beneficiaries/:beneficiaryId/versions/:version/refuse',
    {
      config: { scope: 'write' },
      schema: { tags, params: versionParams, response: { 200: BeneficiaryWire } },
    },
    async (request) =>
      toBeneficiaryWire(await refuseBeneficiary(services, personOf(request), request.params)),
  );
  app.post(
    '/beneficiaries/:beneficiaryId/check-name',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: NameCheckNew, response: { 200: NameCheckResult } },
    },
    async (request) => {
      const { orgId, personId } = personOf(request);
      const at = services.now();
      // It asks the bank in our name, so it takes the right to propose.
      await requireGrant(services.pool, { orgId, personId, action: 'beneficiary.propose', at });
      const place = { ...request.body, ...request.params, orgId };
      const deps = { ...services.payments, services };
      return toNameResult(await checkBeneficiaryName(deps, place, personId));
    },
  );
}

function readRoutes(app: ApiApp, services: ApiServices): void {
  app.get(
    '/beneficiaries',
    {
      config: { scope: 'read' },
      schema: { tags, querystring: query, response: { 200: pageOf(BeneficiaryWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const { cursor, limit, state, search } = request.query;
      const scope = { orgId, state, search, after: cursor, limit: limit + 1 };
      const found = await listBeneficiaries(services.pool, scope);
      const items = found.slice(0, limit).map(toBeneficiaryWire);
      const last = items.at(-1);
      return found.length > limit && last ? { items, nextCursor: last.beneficiaryId } : { items };
    },
  );
  app.get(
    '/beneficiaries/:beneficiaryId',
    { config: { scope: 'read' }, schema: { tags, params, response: { 200: BeneficiaryWire } } },
    async (request) => {
      const { orgId } = principalOf(request);
      const { beneficiaryId } = request.params;
      return toBeneficiaryWire(await getBeneficiary(services.pool, orgId, beneficiaryId));
    },
  );
  app.get(
    '/beneficiaries/:beneficiaryId/versions',
    {
      config: { scope: 'read' },
      schema: { tags, params, response: { 200: listOf(BeneficiaryVersionWire) } },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const { beneficiaryId } = request.params;
      await getBeneficiary(services.pool, orgId, beneficiaryId);
      const versions = await listBeneficiaryVersions(services.pool, orgId, beneficiaryId);
      return { items: versions.map(toVersionWire) };
    },
  );
}

function proposalRoutes(app: ApiApp, services: ApiServices): void {
  app.post(
    '/beneficiaries',
    {
      config: { scope: 'write' },
      schema: { tags, body: BeneficiaryNew, response: { 201: BeneficiaryWire } },
    },
    async (request, reply) => {
      const made = await proposeBeneficiary(services, personOf(request), request.body);
      return reply.code(201).send(toBeneficiaryWire(made));
    },
  );
  app.patch(
    '/beneficiaries/:beneficiaryId',
    {
      config: { scope: 'write' },
      schema: { tags, params, body: BeneficiaryPatch, response: { 200: BeneficiaryWire } },
    },
    async (request) => {
      const { beneficiaryId } = request.params;
      const by = personOf(request);
      return toBeneficiaryWire(
        await proposeBeneficiaryChange(services, by, beneficiaryId, request.body),
      );
    },
  );
  app.delete(
    '/beneficiaries/:beneficiaryId',
    { config: { scope: 'write' }, schema: { tags, params, response: { 200: BeneficiaryWire } } },
    async (request) => {
      const by = personOf(request);
      const { beneficiaryId } = request.params;
      return toBeneficiaryWire(await proposeBeneficiaryRetirement(services, by, beneficiaryId));
    },
  );
}
