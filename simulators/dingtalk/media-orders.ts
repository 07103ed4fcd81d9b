import type { ServerResponse } from 'node:http';
import { sendText } from '../lib/http.ts';
import { findMedia } from './media.ts';
import { refuseOrder } from './order.ts';
import type { Action } from './order.ts';
import type { MediaFile, World } from './world.ts';

/** What the management interface offers for uploaded files; `GET media/<mediaId>` gives the bytes. */
export const MEDIA_ACTIONS: readonly Action[] = [
  { method: 'GET', path: 'media', act: (world) => [...world.media.values()].map(viewMedia) },
  { method: 'DELETE', path: 'media/*', act: expire },
];

// DingTalk names no lifetime (dingtalk.md 3.6), so a file expires only when somebody says so.
function expire(world: World, _order: unknown, [mediaId = '']: readonly string[]): unknown {
  const media = world.media.get(mediaId) ?? refuseOrder(`no file "${mediaId}"`);
  media.expired = true;
  for (const message of world.books.messages) {
    if (message.content.mediaId === mediaId) world.books.messageChanged(message);
  }
  return viewMedia(media);
}

function viewMedia({ bytes, ...rest }: MediaFile): Record<string, unknown> {
  return { ...rest, size: bytes.length };
}

/** Sends the bytes that were uploaded, under the name of the upload or the one that a message gave. */
export function sendMedia(
  world: World,
  mediaId: string,
  response: ServerResponse,
  fileName?: string | null,
): void {
  const media = findMedia(world, mediaId);
  if (!media) return sendText(response, 404, 'no such file, or it has expired');
  const isImage = media.type === 'image';
  const name = encodeURIComponent(fileName ?? media.fileName).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  response.writeHead(200, {
    'content-type': isImage ? media.contentType : 'application/octet-stream',
    'content-length': String(media.bytes.length),
    'content-disposition': `${isImage ? 'inline' : 'attachment'}; filename*=UTF-8''${name}`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  });
  response.end(media.bytes);
}
