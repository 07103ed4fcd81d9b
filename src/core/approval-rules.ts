import type { Money } from './money.ts';

/** Who decides at one node: all of them, any of them, or the only one (dingtalk.md section 4.2). */
export interface RuleNode {
  readonly action: 'AND' | 'OR' | 'NONE';
  /** `per_…` */
  readonly persons: readonly string[];
}

/** Which payments need whose agreement. What is absent fits everything. */
export interface ApprovalRule {
  readonly ruleId: string;
  /** The first rule that fits, by this number, holds. */
  readonly ordinal: number;
  readonly accountId?: string | undefined;
  readonly purpose?: string | undefined;
  /** Present where amounts are bounded. */
  readonly currency?: string | undefined;
  readonly amountFrom?: bigint | undefined;
  /** Not included. */
  readonly amountBelow?: bigint | undefined;
  readonly via: 'dingtalk' | 'local';
  readonly nodes: readonly RuleNode[];
  /** Distinct people who must have agreed, the maker not among them. */
  readonly approvalsRequired: number;
}

export interface RuleQuestion {
  readonly accountId: string;
  readonly purpose: string;
  readonly amount: Money;
}

/** The rule that holds for a payment; without one it cannot be asked for. */
export function findRule(
  rules: readonly ApprovalRule[],
  question: RuleQuestion,
): ApprovalRule | undefined {
  return rules
    .toSorted((left, right) => left.ordinal - right.ordinal)
    .find((rule) => fits(rule, question));
}

function fits(rule: ApprovalRule, { accountId, purpose, amount }: RuleQuestion): boolean {
  if (rule.accountId !== undefined && rule.accountId !== accountId) return false;
  if (rule.purpose !== undefined && rule.purpose !== purpose) return false;
  if (rule.currency !== undefined && rule.currency !== amount.currency) return false;
  const units = amount.amountMinorUnits;
  if (rule.amountFrom !== undefined && units < rule.amountFrom) return false;
  return rule.amountBelow === undefined || units < rule.amountBelow;
}

/** What is known about the people of an organisation. */
export interface RulePeople {
  /** Everybody who is there, with the DingTalk user, where known. */
  readonly userIds: ReadonlyMap<string, string | undefined>;
  /** Who may ask for payments. Empty: it is not known, and nothing is concluded from it. */
  readonly makers: readonly string[];
  /** People whose DingTalk user does not exist (any more), as far as DingTalk was asked. */
  readonly unknownUsers: ReadonlySet<string>;
}

/** What is wrong with rules, in English, with what to do about it (ask 21). */
export interface RuleProblem {
  readonly ruleId: string;
  readonly field: string;
  readonly problem: string;
  /** `impossible`: cannot be saved. `doubtful`: can, and should be looked at. */
  readonly kind: 'impossible' | 'doubtful';
}

const NODES_MAX = 20;

/** Checks one rule by itself: its words, its people, and whether it can ever be fulfilled. */
export function checkRule(rule: ApprovalRule, people: RulePeople): readonly RuleProblem[] {
  return [
    ...checkBand(rule),
    ...checkNodes(rule),
    ...checkPeople(rule, people),
    ...checkCount(rule, people),
  ];
}

function impossible(rule: ApprovalRule, field: string, problem: string): RuleProblem {
  return { ruleId: rule.ruleId, field, problem, kind: 'impossible' };
}

function doubtful(rule: ApprovalRule, field: string, problem: string): RuleProblem {
  return { ruleId: rule.ruleId, field, problem, kind: 'doubtful' };
}

function checkBand(rule: ApprovalRule): readonly RuleProblem[] {
  const { amountFrom, amountBelow, currency } = rule;
  const problems: RuleProblem[] = [];
  const isBounded = amountFrom !== undefined || amountBelow !== undefined;
  if (isBounded && currency === undefined) {
    problems.push(impossible(rule, 'currency', 'is needed: an amount means nothing without one'));
  }
  if (amountFrom !== undefined && amountBelow !== undefined && amountFrom >= amountBelow) {
    problems.push(impossible(rule, 'amountBelow', 'must be more than amountFrom'));
  }
  return problems;
}

function checkNodes({ nodes, ...rule }: ApprovalRule): readonly RuleProblem[] {
  const whole = { ...rule, nodes };
  if (nodes.length === 0) return [impossible(whole, 'nodes', 'name at least one approver')];
  if (nodes.length > NODES_MAX) return [impossible(whole, 'nodes', `at most ${NODES_MAX} nodes`)];
  return nodes.flatMap(({ action, persons }, index) => {
    const field = `nodes[${index}]`;
    if (action === 'NONE' && persons.length !== 1) {
      return [impossible(whole, field, 'NONE is one single person; use AND or OR for several')];
    }
    if (action !== 'NONE' && persons.length < 2) {
      return [impossible(whole, field, `${action} needs two people or more; use NONE for one`)];
    }
    if (new Set(persons).size !== persons.length) {
      return [impossible(whole, field, 'names somebody twice')];
    }
    return [];
  });
}

function checkPeople(rule: ApprovalRule, people: RulePeople): readonly RuleProblem[] {
  return peopleOf(rule).flatMap((person) => {
    if (!people.userIds.has(person)) {
      return [impossible(rule, 'nodes', `${person} is nobody of this organisation`)];
    }
    if (rule.via !== 'dingtalk') return [];
    if (people.userIds.get(person) === undefined) {
      return [impossible(rule, 'nodes', `${person} has no DingTalk user id; enter it first`)];
    }
    return people.unknownUsers.has(person)
      ? [impossible(rule, 'nodes', `DingTalk does not know the user of ${person} (any more)`)]
      : [];
  });
}

/** Whether enough people other than the maker can agree, whoever of the makers asks. */
function checkCount(rule: ApprovalRule, people: RulePeople): readonly RuleProblem[] {
  const { approvalsRequired } = rule;
  if (!Number.isInteger(approvalsRequired) || approvalsRequired < 1) {
    return [impossible(rule, 'approvalsRequired', 'must be 1 or more')];
  }
  const most = mostApprovals(rule, undefined);
  if (most < approvalsRequired) {
    const problem = `only ${most} of the people named can ever agree; name more or require fewer`;
    return [impossible(rule, 'approvalsRequired', problem)];
  }
  const stuck = people.makers.filter((maker) => mostApprovals(rule, maker) < approvalsRequired);
  const [first] = stuck;
  if (first === undefined) return leastCheck(rule);
  const who = stuck.join(', ');
  if (stuck.length === people.makers.length) {
    const problem = `everybody who may ask for payments (${who}) is also needed to approve them, and nobody approves their own; name another approver or another maker`;
    return [impossible(rule, 'nodes', problem)];
  }
  const problem = `what ${who} asks for cannot be approved: they are needed as an approver, and nobody approves their own`;
  return [doubtful(rule, 'nodes', problem)];
}

/** With OR nodes it may end with fewer people than required: said before it happens. */
function leastCheck(rule: ApprovalRule): readonly RuleProblem[] {
  const least = leastApprovals(rule);
  if (least >= rule.approvalsRequired) return [];
  const problem = `DingTalk may finish with ${least} ${least === 1 ? 'person' : 'people'}, while ${rule.approvalsRequired} are required; such a payment would be held back`;
  return [doubtful(rule, 'approvalsRequired', problem)];
}

function peopleOf({ nodes }: ApprovalRule): readonly string[] {
  return [...new Set(nodes.flatMap(({ persons }) => persons))];
}

/**
 * Most distinct people other than the maker who may have agreed in the end. A node at which only the
 * maker could decide stops everything: the maker's own agreement is not one.
 */
function mostApprovals({ nodes, via }: ApprovalRule, maker: string | undefined): number {
  const others = (node: RuleNode): readonly string[] =>
    node.persons.filter((person) => person !== maker);
  if (via === 'local') return new Set(nodes.flatMap(others)).size;
  const fixed = new Set(nodes.filter(({ action }) => action !== 'OR').flatMap(others));
  // Each OR node adds one person, a new one where there is one.
  const choices = nodes
    .filter(({ action }) => action === 'OR')
    .map((node) => others(node).filter((person) => !fixed.has(person)));
  return fixed.size + matched(choices);
}

/** Size of the largest choice of different people, one from each list. */
function matched(choices: readonly (readonly string[])[]): number {
  const nodeOf = new Map<string, number>();
  const place = (index: number, seen: Set<string>): boolean => {
    for (const person of choices[index] ?? []) {
      if (seen.has(person)) continue;
      seen.add(person);
      const holder = nodeOf.get(person);
      if (holder === undefined || place(holder, seen)) {
        nodeOf.set(person, index);
        return true;
      }
    }
    return false;
  };
  return choices.filter((_, index) => place(index, new Set())).length;
}

/** Fewest distinct people with whom DingTalk may finish; exact for what people set up in practice. */
function leastApprovals({ nodes }: ApprovalRule): number {
  const fixed = new Set(
    nodes.filter(({ action }) => action !== 'OR').flatMap(({ persons }) => persons),
  );
  let open = nodes
    .filter(({ action, persons }) => action === 'OR' && !persons.some((one) => fixed.has(one)))
    .map(({ persons }) => persons);
  let count = fixed.size;
  while (open.length > 0) {
    // One person who stands at the most of the remaining nodes decides all of them.
    const counts = new Map<string, number>();
    for (const person of open.flat()) counts.set(person, (counts.get(person) ?? 0) + 1);
    const [most] = [...counts].toSorted(([, left], [, right]) => right - left);
    if (!most) return count;
    open = open.filter((persons) => !persons.includes(most[0]));
    count += 1;
  }
  return count;
}

/** Amounts of one kind of payment for which no rule holds. */
export interface RuleGap {
  readonly currency?: string;
  readonly from: bigint;
  /** Absent: everything above. */
  readonly below?: bigint;
}

/**
 * Payments for which no rule holds, by account and purpose. They cannot be asked for, so a gap is
 * told when rules are changed, not when a payment is urgent.
 */
export function findGaps(
  rules: readonly ApprovalRule[],
  kind: { readonly accountId: string; readonly purpose: string; readonly currency: string },
): readonly RuleGap[] {
  const bands = rules
    .filter(
      (rule) =>
        (rule.accountId === undefined || rule.accountId === kind.accountId) &&
        (rule.purpose === undefined || rule.purpose === kind.purpose) &&
        (rule.currency === undefined || rule.currency === kind.currency),
    )
    .map(({ amountFrom = 0n, amountBelow }) => ({ from: amountFrom, below: amountBelow }))
    .toSorted((left, right) => (left.from < right.from ? -1 : left.from > right.from ? 1 : 0));
  const gaps: RuleGap[] = [];
  let covered = 0n;
  for (const { from, below } of bands) {
    if (from > covered) gaps.push({ currency: kind.currency, from: covered, below: from });
    if (below === undefined) return gaps;
    if (below > covered) covered = below;
  }
  return [...gaps, { currency: kind.currency, from: covered }];
}
