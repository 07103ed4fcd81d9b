import type { FastifyInstance } from 'fastify';

/** What programs send files as; what a file is, its first bytes tell. */
export const FILE_TYPES = [
  'text/csv',
  'text/tab-separated-values',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/octet-stream',
] as const;

/** Lets routes take a file as their body, byte for byte; routes that want JSON refuse it as before. */
export function registerFiles(app: FastifyInstance): void {
  app.addContentTypeParser([...FILE_TYPES], { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
}
