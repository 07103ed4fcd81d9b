import {
  isValidBIC,
  validateIBAN,
  ValidationErrorsIBAN,
  getCountrySpecifications,
} from 'ibantools';
import type { AccountRule } from './creditor-account-rules.ts';
import { agentNames, ruleOf, sameAgents } from './creditor-account-rules.ts';
import type { CreditorAccountScheme } from './payments.ts';

/** An account as somebody typed it. */
export interface CreditorAccountInput {
  readonly country: string;
  readonly scheme: CreditorAccountScheme;
  readonly account: string;
  /** BIC or the national code of the bank. */
  readonly agent?: string | undefined;
}

/** What is wrong or was put right, by field, with the rule and what to do. */
export interface AccountRemark {
  readonly field: 'country' | 'scheme' | 'account' | 'agent';
  readonly problem: string;
}

/** An account as it is stored: no spaces, one way of writing, its bank by one code. */
export interface CheckedCreditorAccount {
  readonly country: string;
  readonly scheme: CreditorAccountScheme;
  readonly account: string;
  readonly agent?: string;
  /** Common name of the bank, where the code is in our table. */
  readonly agentName?: string;
  /** Must be corrected before it can be stored. */
  readonly problems: readonly AccountRemark[];
  /** Was put right or looks unusual: shown to the maker and to the checker. */
  readonly warnings: readonly AccountRemark[];
}

interface Draft {
  readonly problems: AccountRemark[];
  readonly warnings: AccountRemark[];
}

/**
 * Checks an account by the rules of its country and scheme, and brings it into the one way of writing
 * that we compare and send. What a reader of a printed invoice confuses (0 and O, 1 and l, spaces,
 * digits of another width) is put right where only one reading is possible, and said.
 */
export function checkCreditorAccount(input: CreditorAccountInput): CheckedCreditorAccount {
  const draft: Draft = { problems: [], warnings: [] };
  const country = checkCountry(input.country, draft);
  const rule = ruleOf(country);
  checkScheme(input.scheme, country, rule, draft);
  const account = checkAccount({ ...input, country }, rule, draft);
  const agent = checkAgent({ ...input, country }, rule, draft);
  checkLength({ ...input, country, account, agent }, rule, draft);
  const agentName = agent === undefined ? undefined : agentNames(country).get(agent);
  return {
    country,
    scheme: input.scheme,
    account,
    ...(agent === undefined ? {} : { agent }),
    ...(agentName === undefined ? {} : { agentName }),
    ...draft,
  };
}

/**
 * One word for a bank however it is named: the BIC without its branch where we know it, the national
 * code where we do not. Two accounts of one number are told apart by it.
 */
export function canonicalAgent(country: string, agent: string): string {
  const folded = foldCharacters(agent).replace(/\s/g, '').toUpperCase();
  const bic = isValidBIC(folded) ? folded.slice(0, 8) : folded;
  return sameAgents(country).get(bic) ?? bic;
}

function checkCountry(text: string, { problems }: Draft): string {
  const country = foldCharacters(text).trim().toUpperCase();
  if (!/^[A-Z]{2}$/.test(country)) {
    problems.push({ field: 'country', problem: 'must be the two letters of ISO 3166, such as ID' });
  }
  return country;
}

function checkScheme(
  scheme: CreditorAccountScheme,
  country: string,
  rule: AccountRule,
  { problems }: Draft,
): void {
  if (scheme === 'iban') {
    if (!getCountrySpecifications()[country]?.IBANRegistry) {
      problems.push({ field: 'scheme', problem: `must not be iban: ${country} has no IBAN` });
    }
    return;
  }
  if (rule.schemes.includes(scheme)) return;
  problems.push({
    field: 'scheme',
    problem: rule.isIbanOnly
      ? `must be iban: accounts in ${country} are paid by IBAN only`
      : `must be one of ${rule.schemes.join(', ')} for ${country}`,
  });
}

function checkAccount(input: CreditorAccountInput, rule: AccountRule, draft: Draft): string {
  const typed = foldCharacters(input.account);
  if (typed !== input.account) {
    warn(draft, 'account', 'was written with digits or spaces of another kind; they were replaced');
  }
  switch (input.scheme) {
    case 'iban':
      return checkIban(typed, input.country, draft);
    case 'email':
      return checkEmail(typed, draft);
    case 'mobile':
      return checkMobile(typed, rule, draft);
    case 'fpsId':
    case 'virtualAccount':
    case 'domestic':
      return checkDigits(typed, rule, draft);
  }
}

/** Digits of any script and width become ours; invisible characters go. */
function foldCharacters(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\p{Cf}\p{Cc}]/gu, '')
    .replace(/\p{Nd}/gu, (digit) => digitOf(digit))
    .replace(/[\u2010-\u2015\u2212]/g, '-')
    .trim();
}

/** Decimal digits stand in rows of ten: the row begins at the last code that is no digit. */
function digitOf(digit: string): string {
  let code = digit.codePointAt(0) ?? 0;
  if (code < 0x80) return digit;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
    code -= 1;
    value += 1;
  }
  return String(value);
}

const CONFUSED: Readonly<Record<string, string>> = {
  O: '0',
  o: '0',
  Q: '0',
  l: '1',
  I: '1',
  '|': '1',
};

/** An account of digits: spaces, dots and dashes go, letters that look like digits are read as such. */
function checkDigits(typed: string, rule: AccountRule, draft: Draft): string {
  const bare = stripSeparators(typed, draft);
  if (/^\d+$/.test(bare)) return bare;
  const read = bare.replace(/[OoQlI|]/g, (letter) => CONFUSED[letter] ?? letter);
  if (rule.hasLetters) {
    if (/^[A-Za-z0-9]+$/.test(bare)) return bare.toUpperCase();
  } else if (/^\d+$/.test(read)) {
    const letters = [...new Set(bare.match(/[OoQlI|]/g))].join(', ');
    warn(draft, 'account', `had ${letters} where only digits stand; read as ${read}, compare it`);
    return read;
  }
  const stranger = (rule.hasLetters ? bare : read).match(
    rule.hasLetters ? /[^A-Za-z0-9]/ : /\D/,
  )?.[0];
  refuse(
    draft,
    'account',
    stranger === undefined
      ? 'is missing'
      : `must be ${rule.hasLetters ? 'letters and digits' : 'digits'} only; take "${stranger}" out`,
  );
  return bare;
}

function stripSeparators(typed: string, draft: Draft): string {
  const bare = typed.replace(/[\s.\-/]/g, '');
  if (bare !== typed) warn(draft, 'account', 'had spaces or dashes; they were taken out');
  return bare;
}

function checkIban(typed: string, country: string, draft: Draft): string {
  const iban = stripSeparators(typed, draft).toUpperCase();
  const known = readIban(iban, draft);
  if (known.slice(0, 2) !== country && /^[A-Z]{2}/.test(known)) {
    refuse(
      draft,
      'country',
      `must be ${known.slice(0, 2)}, where this IBAN is from, or the IBAN is wrong`,
    );
  }
  return known;
}

/** A wrong check digit that a look-alike explains is put right; any other is refused. */
function readIban(iban: string, draft: Draft): string {
  const { valid, errorCodes } = validateIBAN(iban);
  if (valid) return iban;
  const read = iban.slice(0, 2) + iban.slice(2).replace(/[OQ]/g, '0').replace(/[I|]/g, '1');
  if (read !== iban && validateIBAN(read).valid) {
    warn(draft, 'account', `had O or I where digits stand; read as ${read}, compare it`);
    return read;
  }
  refuse(draft, 'account', ibanProblem(iban, errorCodes));
  return iban;
}

function ibanProblem(iban: string, codes: readonly ValidationErrorsIBAN[]): string {
  const spec = getCountrySpecifications()[iban.slice(0, 2)];
  if (codes.includes(ValidationErrorsIBAN.NoIBANProvided)) return 'is missing';
  if (codes.includes(ValidationErrorsIBAN.NoIBANCountry) || !spec) {
    return 'must begin with the two letters of a country that has IBAN, such as AE';
  }
  if (codes.includes(ValidationErrorsIBAN.WrongBBANLength)) {
    return `must have ${spec.chars ?? 0} characters for ${iban.slice(0, 2)}, not ${iban.length}`;
  }
  if (codes.includes(ValidationErrorsIBAN.WrongBBANFormat)) {
    return `is not written like an IBAN of ${iban.slice(0, 2)}; a letter stands where a digit belongs, or the other way round`;
  }
  return 'has a wrong check digit: at least one character is mistyped; copy it again';
}

function checkEmail(typed: string, draft: Draft): string {
  const email = typed.replace(/\s/g, '').toLowerCase();
  if (!/^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$/.test(email) || email.length > 254) {
    refuse(draft, 'account', 'must be an e-mail address, such as pay@example.com');
  }
  return email;
}

/** A mobile number with its country: `+852-91234567` and `0812…` become `+852…` and `+62812…`. */
function checkMobile(typed: string, rule: AccountRule, draft: Draft): string {
  const { mobile } = rule;
  const bare = typed
    .replace(/[\s.\-()/]/g, '')
    .replace(/[OoQ]/g, '0')
    .replace(/[lI|]/g, '1');
  if (!mobile) return bare;
  const { prefix, national } = mobile;
  const digits = bare.replace(/^\+|^00/, '');
  const local =
    digits.startsWith(prefix) && national.test(digits.slice(prefix.length))
      ? digits.slice(prefix.length)
      : digits.replace(/^0/, '');
  const number = `+${prefix}${local}`;
  if (!national.test(local)) refuse(draft, 'account', mobile.problem);
  else if (number !== typed) warn(draft, 'account', `is written as ${number}`);
  return number;
}

function checkAgent(
  { country, scheme, agent }: CreditorAccountInput,
  rule: AccountRule,
  draft: Draft,
): string | undefined {
  const typed = agent === undefined ? '' : foldCharacters(agent).replace(/\s/g, '').toUpperCase();
  const isProxy = scheme === 'fpsId' || scheme === 'mobile' || scheme === 'email';
  if (typed === '') {
    if (!isProxy && scheme !== 'iban') {
      refuse(draft, 'agent', `is missing: the bank's ${rule.agentWords}`);
    }
    return undefined;
  }
  const canonical = canonicalAgent(country, typed);
  if (isValidBIC(typed)) {
    if (typed.slice(4, 6) !== country) {
      refuse(draft, 'agent', `is a BIC of ${typed.slice(4, 6)}, but the account is in ${country}`);
    }
    return canonical;
  }
  if (rule.agentCode && rule.agentCode.test(typed)) {
    if (agentNames(country).size > 0 && !agentNames(country).has(canonical)) {
      warn(draft, 'agent', 'is not among the bank codes that we know; compare it with the invoice');
    }
    return canonical;
  }
  refuse(draft, 'agent', `must be the bank's ${rule.agentWords}`);
  return canonical;
}

function checkLength(
  { scheme, account, agent }: CreditorAccountInput,
  rule: AccountRule,
  draft: Draft,
): void {
  const length = rule.lengths[scheme];
  if (!length || !/^[A-Z0-9]+$/.test(account)) return;
  const [least, most] = length;
  if (account.length < least || account.length > most) {
    const words = least === most ? `${least}` : `${least} to ${most}`;
    refuse(draft, 'account', `must have ${words} digits, not ${account.length}`);
    return;
  }
  const ofBank =
    scheme === 'domestic' && agent !== undefined ? rule.digitsOfBank.get(agent) : undefined;
  if (!ofBank || ofBank.digits.includes(account.length)) return;
  const problem = `${ofBank.isCertain ? 'must have' : 'usually has'} ${ofBank.digits.join(' or ')} digits at this bank, not ${account.length}`;
  if (ofBank.isCertain) refuse(draft, 'account', problem);
  else warn(draft, 'account', `${problem}; compare it`);
}

function refuse(draft: Draft, field: AccountRemark['field'], problem: string): void {
  draft.problems.push({ field, problem });
}

function warn(draft: Draft, field: AccountRemark['field'], problem: string): void {
  draft.warnings.push({ field, problem });
}
