import { describe, expect, test } from 'vitest';
import { readChatCommand } from './chat-words.ts';

describe('chat words', () => {
  test.each([
    ['stop payments', 'stop', ''],
    ['STOP   PAYMENTS: lost phone', 'stop', 'lost phone'],
    ['Stop payments 1234567890', 'stop', '1234567890'],
    ['hentikan pembayaran ponsel hilang', 'stop', 'ponsel hilang'],
    ['停止付款，手机丢了', 'stop', '手机丢了'],
    ['暫停付款', 'stop', ''],
    ['hentikan bayaran', 'stop', ''],
    ['หยุดการจ่ายเงิน', 'stop', ''],
    ['dừng thanh toán ngay', 'stop', 'ngay'],
    ['Dung thanh toan', 'stop', ''],
    ['أوقف المدفوعات', 'stop', ''],
    ['اوقف المدفوعات', 'stop', ''],
    ['resume payments', 'resume', ''],
    ['恢复付款', 'resume', ''],
    ['tiếp tục thanh toán', 'resume', ''],
    ['sambung semula bayaran', 'resume', ''],
    ['จ่ายเงินต่อ', 'resume', ''],
    ['استأنف المدفوعات', 'resume', ''],
  ])('chat: "%s" is %s "%s"', (text, kind, rest) => {
    expect(readChatCommand(text)).toEqual({ kind, rest });
  });

  test.each([
    'payments status',
    'Status Pembayaran',
    '付款状态',
    'สถานะการจ่ายเงิน',
    'trạng thái thanh toán',
    'حالة المدفوعات',
  ])('chat: "%s" asks how it stands', (text) => {
    expect(readChatCommand(text)).toEqual({ kind: 'status' });
  });

  test.each([
    '',
    'balance',
    'please do not stop payments',
    'stop paymentsystem',
    '不要停止付款',
    'jangan hentikan pembayaran',
    'stop',
  ])('chat: "%s" is no command', (text) => {
    expect(readChatCommand(text)).toBeUndefined();
  });
});
