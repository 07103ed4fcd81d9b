/** The statuses of A11 in words, as `transactionStatusDesc` has them. */
export const STATUS_WORDS = {
  '00': 'Success',
  '01': 'Initiated',
  '02': 'Paying',
  '03': 'Transaction In Progress',
  '04': 'Refunded',
  '05': 'Canceled',
  '06': 'Failed',
  '07': 'Not Found',
} as const;
