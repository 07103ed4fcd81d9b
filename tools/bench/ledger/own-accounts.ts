export const markets = ['ID', 'HK', 'CN', 'AE', 'KW', 'VN'] as const;
export type Market = (typeof markets)[number];

/** Where the group does its business, in per cent. */
export const marketShares: Readonly<Record<Market, number>> = {
  ID: 40,
  HK: 20,
  CN: 12,
  AE: 12,
  KW: 6,
  VN: 10,
};

/** An account of the group whose books are made up here. */
export interface OwnAccount {
  readonly market: Market;
  readonly company: string;
  readonly number: string;
  readonly currency: string;
  /** After how many characters this bank cuts a narrative off. */
  readonly cuts: readonly number[];
}

const indonesia = { market: 'ID', company: 'PT Cakra Niaga Nusantara' } as const;
const hongKong = { market: 'HK', company: 'Cakra Trading (Hong Kong) Limited' } as const;
const china = { market: 'CN', company: '深圳卡克拉贸易有限公司' } as const;
const emirates = { market: 'AE', company: 'Cakra General Trading LLC' } as const;
const kuwait = { market: 'KW', company: 'شركة كاكرا للتجارة العامة' } as const;
const vietnam = { market: 'VN', company: 'Công ty TNHH Cakra Việt Nam' } as const;

export const ownAccounts: readonly OwnAccount[] = [
  { ...indonesia, number: '5220304411', currency: 'IDR', cuts: [65, 140] },
  { ...indonesia, number: '1240009876543', currency: 'IDR', cuts: [18, 35, 65] },
  { ...indonesia, number: '5220990077', currency: 'USD', cuts: [35, 140] },
  { ...hongKong, number: '808123456838', currency: 'HKD', cuts: [35, 35, 140] },
  { ...hongKong, number: '808123456201', currency: 'USD', cuts: [35, 140] },
  { ...china, number: '4000021209200123456', currency: 'CNY', cuts: [65, 140] },
  { ...emirates, number: 'AE070331234567890123456', currency: 'AED', cuts: [35, 65, 140] },
  { ...emirates, number: 'AE430331234567890129999', currency: 'USD', cuts: [35, 140] },
  { ...kuwait, number: 'KW81CBKU0000000000001234560101', currency: 'KWD', cuts: [35, 65] },
  { ...vietnam, number: '0071000123456', currency: 'VND', cuts: [65, 140] },
];
