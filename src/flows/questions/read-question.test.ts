import { describe, expect, test } from 'vitest';
import { languages } from '#core/languages.ts';
import { translate } from '#i18n/messages.ts';
import { questionKinds } from './question-words.ts';
import { readQuestion } from './read-question.ts';

describe('questions to the robot', () => {
  test.each([
    ['balance', 'balance', ''],
    ['BALANCES?', 'balance', ''],
    ["What's our balance at Hang Seng?", 'balance', 'hang seng'],
    ['BCA balance please', 'balance', 'bca'],
    ['how much money do we have at BCA', 'balance', 'bca'],
    ['last movements of BCA', 'movements', 'bca'],
    ['Has PT Maju Jaya paid yet?', 'hasPaid', 'pt maju jaya'],
    ['is INV-4711 paid', 'hasPaid', 'inv-4711'],
    ['find 1,250,000', 'find', '1,250,000'],
    ['look up 1,250', 'find', '1,250'],
    ['payment status 217600000000058189', 'payment', '217600000000058189'],
    ['open claims', 'claims', ''],
    ['help', 'help', ''],
    ['berapa saldo rekening BCA?', 'balance', 'bca'],
    ['tolong mutasi terakhir', 'movements', ''],
    ['PT Maju sudah bayar belum', 'hasPaid', 'pt maju'],
    ['cari 1,25 juta', 'find', '1,25 juta'],
    ['baki akaun Maybank', 'balance', 'maybank'],
    ['adakah Syarikat ABC sudah bayar', 'hasPaid', 'syarikat abc'],
    ['查一下中行余额', 'balance', '中行'],
    ['招商银行的余额是多少？', 'balance', '招商银行'],
    ['收到腾讯的货款了吗', 'hasPaid', '腾讯'],
    ['帮我找 1,250.00', 'find', '1,250.00'],
    ['待认领款项', 'claims', ''],
    ['滙豐餘額幾多', 'balance', '滙豐'],
    ['騰訊畀錢未', 'hasPaid', '騰訊'],
    ['ยอดเงินในบัญชีกสิกร', 'balance', 'กสิกร'],
    ['บริษัท สยาม จ่ายเงินหรือยังครับ', 'hasPaid', 'บริษัท สยาม'],
    ['Số dư tài khoản Vietcombank', 'balance', 'vietcombank'],
    ['so du', 'balance', ''],
    ['Công ty ABC đã thanh toán chưa', 'hasPaid', 'cong ty abc'],
    ['كم رصيد بنك الإمارات؟', 'balance', 'الامارات'],
    ['هل دفعت شركة النور؟', 'hasPaid', 'شركه النور'],
    ['ＢＡＬＡＮＣＥ', 'balance', ''],
  ])('question: "%s" is %s "%s"', (text, kind, about) => {
    expect(readQuestion(text)).toMatchObject({ kind, about });
  });

  test.each([
    ['last 5 movements', 5],
    ['5 transaksi terakhir', 5],
    ['mutasi 3 terakhir', 3],
    ['最近5笔交易', 5],
    ['最近十筆交易', undefined],
    ['5 รายการล่าสุด', 5],
    ['آخر ٥ حركات', 5],
    ['last 500 movements', 20],
    ['last 0 movements', 1],
  ])('question: "%s" asks for %s movements', (text, count) => {
    const question = readQuestion(text);
    expect('count' in question ? question.count : undefined).toBe(count);
  });

  test.each([
    ['balanse', ['balance']],
    ['movemnts', ['movements']],
    ['lunch?', []],
    ['balancesheet', []],
    ['thank you', []],
    ['hello everybody, the meeting is at 3', []],
  ])('question: "%s" is asked back, never answered by a guess', (text, maybe) => {
    expect(readQuestion(text)).toEqual({ kind: 'unclear', maybe });
  });

  test('question: nothing but the mention of the robot asks for help', () => {
    expect(readQuestion('  ')).toEqual({ kind: 'help', about: '' });
  });

  test('question: long texts end soon', () => {
    const text = `has ${'show the last '.repeat(2000)} paid`;
    const startedAt = process.cpuUsage().user;
    readQuestion(text);
    // Two hundred letters are read, in microseconds; a runaway pattern takes minutes.
    expect(process.cpuUsage().user - startedAt).toBeLessThan(2_000_000);
  });

  test.each(
    languages.flatMap((language) => questionKinds.map((kind) => [language, kind] as const)),
  )('question: the %s example of %s is understood as it stands', (language, kind) => {
    const example = translate(language, `question.example.${kind}`);
    expect(readQuestion(example)).toMatchObject({ kind });
  });

  test('question: a word of one language tells the language, a word of two does not', () => {
    expect(readQuestion('saldo')).toMatchObject({ language: 'id' });
    expect(readQuestion('余额')).toMatchObject({ language: 'zh-CN' });
    expect(readQuestion('cari 5')).not.toHaveProperty('language');
  });
});
