import { z } from 'zod';
import {
  checkForm,
  createForm,
  listForms,
  mapForm,
  showForm,
  updateForm,
} from '#flows/approval/forms.ts';
import { removeApprovalForm } from '#store/approval-forms.ts';
import { principalOf } from '../access.ts';
import type { ApiApp, ApiServices } from '../app.ts';
import {
  ApprovalFormMap,
  ApprovalFormNew,
  ApprovalFormResult,
  ApprovalFormWire,
  FormControlsWire,
} from '../contract/approval-set-up.ts';
import { IdText, listOf, Nothing } from '../contract/common.ts';
import { formDeps, toFormResult, toFormWire } from '../operations/approval-set-up.ts';

const params = z.object({ processCode: z.string().min(1).max(128) });
const tags = ['Approval forms'];

/** Forms of DingTalk through which payments are asked for. */
export function approvalFormRoutes(app: ApiApp, services: ApiServices): void {
  const deps = formDeps(services);
  app.get(
    '/approval-forms',
    { config: { scope: 'read' }, schema: { tags, response: { 200: listOf(ApprovalFormWire) } } },
    async (request) => ({
      items: (await listForms(deps, principalOf(request).orgId)).map(toFormWire),
    }),
  );
  app.post(
    '/approval-forms',
    {
      config: { scope: 'admin' },
      schema: { tags, body: ApprovalFormNew, response: { 201: ApprovalFormResult } },
    },
    async (request, reply) => {
      const { orgId, actor } = principalOf(request);
      const made = await createForm(deps, { ...request.body, orgId }, actor);
      return reply.code(201).send(toFormResult(made));
    },
  );
  app.get(
    '/approval-forms/:processCode/controls',
    {
      config: { scope: 'admin' },
      schema: {
        tags,
        params,
        querystring: z.object({ appId: IdText.optional() }),
        response: { 200: FormControlsWire },
      },
    },
    async (request) => {
      const { orgId } = principalOf(request);
      const place = { orgId, ...request.params, appId: request.query.appId };
      const { title, controls } = await showForm(deps, place);
      const withOptions = controls.map((control) => ({
        ...control,
        options: [...control.options],
        children: control.children.map((child) => ({ ...child, options: [...child.options] })),
      }));
      return { title, controls: withOptions };
    },
  );
  app.put(
    '/approval-forms/:processCode',
    {
      config: { scope: 'admin' },
      schema: { tags, params, body: ApprovalFormMap, response: { 200: ApprovalFormResult } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      const { table, fields, ...rest } = request.body;
      const input = { ...rest, ...request.params, orgId, wish: { table, fields } };
      return toFormResult(await mapForm(deps, input, actor));
    },
  );
  app.post(
    '/approval-forms/:processCode/update',
    {
      config: { scope: 'admin' },
      schema: { tags, params, response: { 200: ApprovalFormResult } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return toFormResult(await updateForm(deps, { ...request.params, orgId }, actor));
    },
  );
  app.post(
    '/approval-forms/:processCode/check',
    {
      config: { scope: 'admin' },
      schema: { tags, params, response: { 200: ApprovalFormResult } },
    },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      return toFormResult(await checkForm(deps, { ...request.params, orgId }, actor));
    },
  );
  app.delete(
    '/approval-forms/:processCode',
    { config: { scope: 'admin' }, schema: { tags, params, response: { 200: Nothing } } },
    async (request) => {
      const { orgId, actor } = principalOf(request);
      await removeApprovalForm(services, { ...request.params, orgId }, actor);
      return {};
    },
  );
}
