/** How a new word of a source would be applied to an item; the sentence is `items.rule.<rule>`. */
export const changeRules = [
  'replace',
  'openAdjusted',
  'openStated',
  'belowSettled',
  'closes',
] as const;
export type ChangeRule = (typeof changeRules)[number];

export const changeStates = ['proposed', 'applied', 'refused', 'superseded'] as const;
export type ChangeState = (typeof changeStates)[number];

/** What becomes of changes: people decide, or those of items without any match are applied. */
export const changeChoices = ['propose', 'apply'] as const;
export type ChangeChoice = (typeof changeChoices)[number];

/** What becomes of a file with rows that cannot be taken. */
export const importChoices = ['refuseAll', 'takeGood'] as const;
export type ImportChoice = (typeof importChoices)[number];
