import type { Connector } from '#connectors/contract.ts';
import type { Directory } from '#store/directory.ts';
import type { AdminServices } from '#store/orgs.ts';
import type { Announcer, Ring } from '../notification/announce.ts';
import { createBankCalendar } from '../payment/bank-calendar.ts';
import type { BusinessCalendar } from '../payment/bank-calendar.ts';

/** What ordering, keeping and telling reports needs; put together once per process. */
export interface ReportDeps {
  readonly services: AdminServices;
  readonly directory: Directory;
  readonly connectorOf: (id: string) => Connector | undefined;
  readonly announcer: Announcer;
  readonly calendar: Pick<BusinessCalendar, 'daysAround'>;
  readonly onRings: (rings: readonly Ring[]) => void;
}

/** What making one needs besides. */
export interface ReportMakerDeps extends ReportDeps {
  /** Folder of the installation, where fonts of pages are kept ready. */
  readonly home: string;
}

/** Puts together what a process has open already. */
export function assembleReports(parts: Omit<ReportDeps, 'calendar'>): ReportDeps {
  const { pool, now } = parts.services;
  return {
    ...parts,
    calendar: createBankCalendar({ pool, nowMs: () => now().epochMilliseconds }),
  };
}
