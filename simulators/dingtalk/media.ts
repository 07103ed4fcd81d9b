import { oapiError, ok } from './answers.ts';
import type { Reply } from './answers.ts';
import { admit, isRefusal } from './app-gate.ts';
import type { Call, Route } from './call.ts';
import { hex } from './world.ts';
import type { MediaFile, World } from './world.ts';

const MEGABYTE = 1024 * 1024;

/** Sizes and endings of dingtalk.md 3.6 (`upload-media-files`); csv and txt are not among them. */
const TYPES: Readonly<Record<string, { bytesMax: number; endings: readonly string[] }>> = {
  image: { bytesMax: 20 * MEGABYTE, endings: ['jpg', 'jpeg', 'gif', 'png', 'bmp'] },
  voice: { bytesMax: 2 * MEGABYTE, endings: ['amr', 'mp3', 'wav'] },
  video: { bytesMax: 20 * MEGABYTE, endings: ['mp4'] },
  file: {
    bytesMax: 20 * MEGABYTE,
    endings: ['doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'zip', 'pdf', 'rar'],
  },
};

/** Upload of a file on the old API. */
export const MEDIA_ROUTE: Route = {
  methods: ['POST'],
  path: '/media/upload',
  dialect: 'oapi',
  handle: async (call) => {
    const app = admit(call, { dialect: 'oapi', api: '/media/upload' });
    const reply = isRefusal(app) ? app : await store(call);
    if (reply.refused) call.world.books.refuse({ path: call.path, ...reply.refused });
    return reply;
  },
};

async function store(call: Call): Promise<Reply> {
  const form = await readForm(call);
  const media = form?.get('media');
  if (!form || !(media instanceof File)) return oapiError(40_035, '缺少参数 media');
  const type = call.query.get('type') ?? form.get('type');
  const rule = typeof type === 'string' ? TYPES[type] : undefined;
  if (typeof type !== 'string' || !rule) return oapiError(40_004, '不合法的媒体文件类型');
  const ending = media.name.split('.').at(-1)?.toLowerCase() ?? '';
  if (!rule.endings.includes(ending)) return oapiError(40_005, '不合法的文件类型');
  if (media.size === 0 || media.size > rule.bytesMax) return oapiError(40_006, '不合法的文件大小');
  const uploadedAt = call.world.clock.now();
  const mediaId = `@l${hex(call.world.random, 22)}`;
  call.world.media.set(mediaId, {
    mediaId,
    type,
    fileName: media.name,
    // By its ending: what the uploader says of it decides nothing.
    contentType:
      type === 'image'
        ? `image/${ending === 'jpg' ? 'jpeg' : ending}`
        : media.type || 'application/octet-stream',
    bytes: Buffer.from(await media.arrayBuffer()),
    uploadedAt: uploadedAt.toISOString(),
    expired: false,
  });
  const created_at = uploadedAt.getTime();
  return ok({ errcode: 0, errmsg: 'ok', type, media_id: mediaId, created_at });
}

/** A file that can be sent and opened; undefined for an unknown or expired id. */
export function findMedia(world: World, mediaId: string): MediaFile | undefined {
  const media = world.media.get(mediaId);
  return media?.expired === false ? media : undefined;
}

async function readForm(call: Call): Promise<FormData | undefined> {
  const contentType = call.headers['content-type'] ?? '';
  if (!contentType.startsWith('multipart/form-data')) return undefined;
  try {
    const body = new Uint8Array(call.body);
    return await new Response(body, { headers: { 'content-type': contentType } }).formData();
  } catch {
    return undefined;
  }
}
