/**
 * Bodies of DingTalk's approvals, field names untouched (dingtalk.md sections 4.1 to 4.4). Shapes
 * vary between pages and captures, so everything that is not needed may be missing or odd; what
 * money depends on is judged strictly where it is read.
 */
import { z } from 'zod';

/** Text that may be missing, null or of another kind: then it counts as absent. */
const looseText = z
  .unknown()
  .optional()
  .transform((value) => (typeof value === 'string' ? value : undefined));

/** `true` in captures, `"true"` in documents. */
const looseFlag = z
  .unknown()
  .optional()
  .transform((value) => value === true || value === 'true');

const looseList = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((list) => list ?? []);

/** Section 4.1. */
export const FormSavedWire = z.looseObject({
  result: z.looseObject({ processCode: z.string().min(1).max(128) }),
});

const PropsWire = z
  .looseObject({
    id: looseText,
    componentId: looseText,
    label: looseText,
    bizAlias: looseText,
    required: looseFlag,
    options: z.unknown().optional(),
  })
  .nullish()
  .transform((props) => props ?? undefined);

const ChildWire = z.looseObject({
  componentName: looseText,
  componentType: looseText,
  props: PropsWire,
});

/** Section 4.1: the schema of one form, with the children of its tables. */
export const FormSchemaWire = z.looseObject({
  result: z.looseObject({
    name: looseText,
    schemaContent: z.looseObject({
      title: looseText,
      items: z.array(ChildWire.extend({ children: looseList(ChildWire) })),
    }),
  }),
});

export type SchemaItemWire = z.output<typeof ChildWire>;

/** Section 4.2. */
export const InstanceStartedWire = z.looseObject({ instanceId: z.string().min(1).max(128) });

/** Milliseconds, or text in one of DingTalk's ways to write a time (section 4.3, traps). */
const looseTime = z
  .unknown()
  .optional()
  .transform((value) =>
    typeof value === 'string' || typeof value === 'number' ? String(value) : undefined,
  );

const ValueWire = z.looseObject({
  id: looseText,
  key: looseText,
  name: looseText,
  label: looseText,
  bizAlias: looseText,
  componentType: looseText,
  value: z.unknown().optional(),
  extValue: z.unknown().optional(),
  extendValue: z.unknown().optional(),
});

export type ValueWire = z.output<typeof ValueWire>;

/** A row of a table: as it is read (`rowValue`), or as it was written (a plain list). */
export const RowsWire = z.array(
  z.union([
    z.looseObject({ rowValue: z.array(ValueWire) }).transform(({ rowValue }) => rowValue),
    z.array(ValueWire),
  ]),
);

/** Section 4.4: one instance. */
export const InstanceWire = z.looseObject({
  result: z.looseObject({
    title: looseText,
    status: z.string(),
    result: looseText,
    originatorUserId: z.string().min(1),
    businessId: looseText,
    createTime: looseTime,
    finishTime: looseTime,
    formComponentValues: looseList(ValueWire),
    operationRecords: looseList(
      z.looseObject({
        userId: looseText,
        type: looseText,
        result: looseText,
        remark: looseText,
        date: looseTime,
      }),
    ),
    bizAction: looseText,
    mainProcessInstanceId: looseText,
    attachedProcessInstanceIds: looseList(z.string()),
  }),
});

/** Section 4.4. `nextToken` is text in answers and a number in questions; absent at the end. */
export const InstanceIdsWire = z.looseObject({
  result: z.looseObject({
    list: looseList(z.string().min(1)),
    nextToken: z
      .union([z.string(), z.number()])
      .nullish()
      .transform((token) => (token === undefined || token === null ? '' : String(token)))
      .pipe(z.string().regex(/^\d{0,15}$/)),
  }),
});

/** Comments and terminations say whether they were done, sometimes. */
export const DoneWire = z.looseObject({ result: z.unknown().optional() });

/** Section 4.3, attachments. */
export const DownloadWire = z.looseObject({
  result: z.looseObject({ downloadUri: z.string().min(1) }),
});

/** An attachment inside a value: sizes are numbers in captures and text in documents. */
export const AttachmentsWire = z.array(
  z.looseObject({
    fileId: z.union([z.string(), z.number()]).transform(String),
    fileName: looseText,
    fileType: looseText,
    fileSize: z
      .union([z.string(), z.number()])
      .nullish()
      .transform((size) => (size === undefined || size === null ? undefined : String(size))),
    spaceId: z
      .union([z.string(), z.number()])
      .nullish()
      .transform((id) => (id === undefined || id === null ? undefined : String(id))),
  }),
);

/** One choice of a select: `{key, value}`, the same as JSON text, or plain text. */
export const OptionWire = z.looseObject({ value: z.string(), key: looseText });
