/** Languages of texts, as BCP 47 tags. */
export const languages = ['en', 'id', 'zh-CN', 'zh-HK', 'ms', 'th', 'vi', 'ar'] as const;
export type Language = (typeof languages)[number];

/** How much a message shows: everything, masked names and accounts, or no amounts. */
export const detailLevels = ['full', 'masked', 'amountFree'] as const;
export type DetailLevel = (typeof detailLevels)[number];

/** Urgent notices have their own lane and reserve. */
export type Lane = 'urgent' | 'normal';
