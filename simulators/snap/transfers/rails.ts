/** The ways by which a transfer leaves an account; service 18 has two of them (A13: transferType). */
export const RAILS = ['intrabank', 'online', 'bifast', 'rtgs', 'skn'] as const;
export type Rail = (typeof RAILS)[number];

/** The services that move money (A9). */
export const TRANSFER_SERVICES = ['17', '18', '22', '23'] as const;
export type TransferServiceCode = (typeof TRANSFER_SERVICES)[number];

/** Narrows a service code to one that moves money. */
export function isTransferService(service: string): service is TransferServiceCode {
  return TRANSFER_SERVICES.some((known) => known === service);
}

/** Narrows text to the name of a rail. */
export function isRail(text: string): text is Rail {
  return RAILS.some((rail) => rail === text);
}

/** RTGS and SKN are accepted first and settled later; the others are done when they are answered. */
export function isSettledLater(rail: Rail): boolean {
  return rail === 'rtgs' || rail === 'skn';
}
