/** Files for DingTalk, dingtalk.md section 3.6 (`upload-media-files`). */
import { accepted, demand, demandSize, type Exchange, read } from './exchanges.ts';
import { dingtalkLimits } from './size.ts';
import { MediaUploadedWire } from './wire.ts';

export interface UploadInput {
  readonly token: string;
  /** Ends with a kind that DingTalk takes: xlsx, pdf, zip and others, but neither csv nor txt. */
  readonly fileName: string;
  readonly bytes: Uint8Array;
  /** Random text of the caller that separates the parts; letters, digits and `-`, not in the file. */
  readonly boundary: string;
}

/** Uploads one file; its id is good for any number of messages, inside DingTalk only. */
export const uploadMedia: Exchange<UploadInput, { readonly mediaId: string }> = {
  budget: 'api',
  host: 'oapi',
  request({ token, fileName, bytes, boundary }) {
    demand(/^[\w'+.-]{1,70}$/.test(boundary), 'boundary');
    demand(!Buffer.from(bytes).includes(`--${boundary}`), 'boundary');
    demandSize(bytes.length, dingtalkLimits.fileBytes);
    return {
      method: 'POST',
      path: `/media/upload?access_token=${encodeURIComponent(token)}&type=file`,
      headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
      body: formatParts({ fileName, bytes, boundary }),
    };
  },
  parse: (response) =>
    read(response, MediaUploadedWire, ({ media_id }) => accepted({ mediaId: media_id })),
};

function formatParts({ fileName, bytes, boundary }: Omit<UploadInput, 'token'>): Uint8Array {
  const disposition = 'Content-Disposition: form-data; name=';
  const before = [
    `--${boundary}`,
    `${disposition}"type"`,
    '',
    'file',
    `--${boundary}`,
    `${disposition}"media"; filename="${escapeFileName(fileName)}"`,
    'Content-Type: application/octet-stream',
    '',
    '',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(before), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** As browsers do it (WHATWG HTML, multipart/form-data): these three would end the header. */
function escapeFileName(fileName: string): string {
  return fileName.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}
