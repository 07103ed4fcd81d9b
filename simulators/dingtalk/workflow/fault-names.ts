/** Faults of OA approval, with what each does. */
export const WORKFLOW_FAULTS = {
  workflowError:
    'OA approval answers HTTP `status` (default 400) with `code` (default internalError) and `message`, nothing is done',
  staleInstance: 'instance details are told as they were before the last decision',
  instanceListLags: 'the list of instance ids misses those younger than `ms` (default 60000)',
} as const;
