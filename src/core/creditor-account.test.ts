import { describe, expect, test } from 'vitest';
import { canonicalAgent, checkCreditorAccount } from './creditor-account.ts';
import type { CreditorAccountInput } from './creditor-account.ts';

function check(input: Partial<CreditorAccountInput>) {
  return checkCreditorAccount({
    country: 'ID',
    scheme: 'domestic',
    account: '1234567890',
    agent: '014',
    ...input,
  });
}

/** What is typed, what is stored, and of what the maker is warned. */
const accepted: readonly (readonly [
  what: string,
  input: Partial<CreditorAccountInput>,
  account: string,
  warnings: readonly string[],
])[] = [
  ['an account of BCA', {}, '1234567890', []],
  ['an account with spaces', { account: ' 123 456-7890 ' }, '1234567890', ['account', 'account']],
  ['full-width digits', { account: '１２３４５６７８９０' }, '1234567890', ['account']],
  ['Arabic digits', { account: '١٢٣٤٥٦٧٨٩٠' }, '1234567890', ['account']],
  ['Thai digits', { account: '๑๒๓๔๕๖๗๘๙๐' }, '1234567890', ['account']],
  ['a zero-width space', { account: '12345\u200b67890' }, '1234567890', ['account']],
  ['O and l for 0 and 1', { account: 'l23456789O' }, '1234567890', ['account']],
  // BRI has 15 digits by its documents.
  ['an account of BRI', { agent: '002', account: '888801000157508' }, '888801000157508', []],
  // Mandiri's 13 digits are general knowledge: another length only warns.
  ['an unusual account of Mandiri', { agent: '008' }, '1234567890', ['account']],
  ['a bank that we do not know', { agent: '999', account: '12345678' }, '12345678', ['agent']],
  [
    'a virtual account of BCA',
    { scheme: 'virtualAccount', account: '7000 1081 2345 6789' },
    '7000108123456789',
    ['account'],
  ],
  [
    'a BI-FAST mobile number',
    { scheme: 'mobile', account: '0812-3456-7890' },
    '+6281234567890',
    ['account'],
  ],
  [
    'a BI-FAST mobile number with its country',
    { scheme: 'mobile', account: '+6281234567890' },
    '+6281234567890',
    [],
  ],
  ['an e-mail address', { scheme: 'email', account: 'Kas@Toko.co.id' }, 'kas@toko.co.id', []],
  [
    'an account of HSBC in Hong Kong',
    { country: 'HK', agent: '004', account: '400123456838' },
    '400123456838',
    [],
  ],
  [
    'an FPS id',
    { country: 'HK', scheme: 'fpsId', agent: undefined, account: '123 4567' },
    '1234567',
    ['account'],
  ],
  [
    'an FPS mobile number',
    { country: 'HK', scheme: 'mobile', agent: undefined, account: '+852-91234567' },
    '+85291234567',
    ['account'],
  ],
  [
    'an account in China',
    { country: 'CN', agent: '308584000013', account: '755900000000001' },
    '755900000000001',
    [],
  ],
  [
    'an account in Vietnam with letters',
    { country: 'VN', agent: '970436', account: 'cashb123456' },
    'CASHB123456',
    [],
  ],
  [
    'an IBAN of the Emirates',
    { country: 'AE', scheme: 'iban', agent: undefined, account: 'AE07 0331 2345 6789 0123 456' },
    'AE070331234567890123456',
    ['account'],
  ],
  [
    'an IBAN of Saudi Arabia',
    { country: 'SA', scheme: 'iban', agent: undefined, account: 'SA0380000000608010167519' },
    'SA0380000000608010167519',
    [],
  ],
  [
    'an IBAN of Kuwait',
    { country: 'KW', scheme: 'iban', agent: undefined, account: 'KW81CBKU0000000000001234560101' },
    'KW81CBKU0000000000001234560101',
    [],
  ],
  [
    'an IBAN of Qatar',
    { country: 'QA', scheme: 'iban', agent: undefined, account: 'QA58DOHB00001234567890ABCDEFG' },
    'QA58DOHB00001234567890ABCDEFG',
    [],
  ],
  [
    'an IBAN of Bahrain',
    { country: 'BH', scheme: 'iban', agent: undefined, account: 'BH67BMAG00001299123456' },
    'BH67BMAG00001299123456',
    [],
  ],
  [
    'an IBAN with O for 0',
    { country: 'AE', scheme: 'iban', agent: undefined, account: 'AEO7O331234567890123456' },
    'AE070331234567890123456',
    ['account'],
  ],
  [
    'an IBAN outside our table',
    { country: 'DE', scheme: 'iban', agent: undefined, account: 'DE89370400440532013000' },
    'DE89370400440532013000',
    [],
  ],
];

/** What is typed, and which fields are refused with which words. */
const refused: readonly (readonly [
  what: string,
  input: Partial<CreditorAccountInput>,
  field: string,
  words: RegExp,
])[] = [
  [
    'nine digits at BCA',
    { account: '123456789' },
    'account',
    /must have 10 digits at this bank, not 9/,
  ],
  [
    'fourteen digits at BRI',
    { agent: 'BRINIDJA', account: '12345678901234' },
    'account',
    /15 digits/,
  ],
  ['letters that are no digits', { account: '12345ABC90' }, 'account', /take "A" out/],
  ['nothing at all', { account: ' ' }, 'account', /is missing/],
  ['no bank', { agent: undefined }, 'agent', /is missing/],
  [
    'a bank of another country',
    { agent: 'HSBCHKHH' },
    'agent',
    /is a BIC of HK, but the account is in ID/,
  ],
  ['a bank that is no code', { agent: 'BCA' }, 'agent', /014 or CENAIDJA/],
  ['an IBAN where there is none', { scheme: 'iban' }, 'scheme', /ID has no IBAN/],
  ['an FPS id in Indonesia', { scheme: 'fpsId' }, 'scheme', /must be one of domestic/],
  [
    'an FPS id of six digits',
    { country: 'HK', scheme: 'fpsId', account: '123456' },
    'account',
    /7 to 9/,
  ],
  [
    'a landline as mobile number',
    { country: 'HK', scheme: 'mobile', account: '+85221234567' },
    'account',
    /mobile number of Hong Kong/,
  ],
  [
    'an account of thirteen digits in Hong Kong',
    { country: 'HK', agent: '004', account: '4001234568381' },
    'account',
    /6 to 12/,
  ],
  [
    'a number where an IBAN is needed',
    { country: 'AE', agent: 'BOMLAEAD' },
    'scheme',
    /by IBAN only/,
  ],
  [
    'an IBAN with a digit too few',
    { country: 'AE', scheme: 'iban', account: 'AE07033123456789012345' },
    'account',
    /must have 23 characters for AE, not 22/,
  ],
  [
    'an IBAN with two digits exchanged',
    { country: 'AE', scheme: 'iban', account: 'AE070331234567890123465' },
    'account',
    /wrong check digit/,
  ],
  [
    'an IBAN of another country',
    { country: 'AE', scheme: 'iban', account: 'SA0380000000608010167519' },
    'country',
    /must be SA/,
  ],
  [
    'an IBAN of a country without',
    { country: 'AE', scheme: 'iban', account: 'ID070331234567890123456' },
    'account',
    /has IBAN/,
  ],
  ['no e-mail address', { scheme: 'email', account: 'kas at toko' }, 'account', /e-mail address/],
  ['a country that is none', { country: 'Indonesia' }, 'country', /ISO 3166/],
];

describe('creditor account', () => {
  test.each(accepted)('account: %s is stored in one way', (_what, input, account, warnings) => {
    const checked = check(input);
    expect(checked.problems).toEqual([]);
    expect(checked.account).toBe(account);
    expect(checked.warnings.map(({ field }) => field)).toEqual(warnings);
  });

  test.each(refused)('account: %s is refused with field and fix', (_what, input, field, words) => {
    const { problems } = check(input);
    expect(problems.map((one) => one.field)).toContain(field);
    expect(problems.find((one) => one.field === field)?.problem).toMatch(words);
  });

  test('account: what was put right is checked again and stays the same', () => {
    for (const [, input] of accepted) {
      const once = check(input);
      const again = check({ ...input, account: once.account, agent: once.agent });
      expect(again.account).toBe(once.account);
      expect(again.agent).toBe(once.agent);
    }
  });

  test.each([
    ['ID', '014', 'CENAIDJA'],
    ['ID', 'cenaidja', 'CENAIDJA'],
    ['ID', 'CENAIDJAXXX', 'CENAIDJA'],
    ['ID', '999', '999'],
    ['HK', '004', '004'],
    // The same digits name another bank elsewhere.
    ['HK', '014', '014'],
  ])('agent: in %s %s is %s', (country, agent, canonical) => {
    expect(canonicalAgent(country, agent)).toBe(canonical);
  });

  test('agent: the name of a known bank is found by either code', () => {
    expect([check({}).agentName, check({ agent: 'CENAIDJA' }).agentName]).toEqual(['BCA', 'BCA']);
  });
});
