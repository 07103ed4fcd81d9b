import type { Wording } from './answers.ts';

const LINK = 'link:请参考本接口对应文档查看自定义机器人的安全设置;';

/**
 * Texts of `robot/send` (dingtalk.md 1.6). English wording of 310000 and the Chinese texts for keyword and
 * signature are recorded; the Chinese texts for time and address are composed in the same form.
 */
export const ROBOT_TEXTS = {
  busy: { en: 'system busy', zh: '系统繁忙' },
  noToken: { en: 'missing parameter access_token', zh: '缺少参数 access_token' },
  noJson: { en: 'missing parameter json', zh: '缺少参数 json' },
  postRequired: { en: 'require POST method', zh: '需要POST请求' },
  contentType: { en: 'invalid content-type in http header', zh: '无效的HTTP HEADER Content-Type' },
  dissolved: { en: 'group has been disbanded', zh: '群已被解散' },
  disabled: { en: 'robot has been disabled', zh: '机器人已停用' },
  gone: { en: 'robot does not exist', zh: '机器人不存在' },
  type: { en: 'msgtype is not supported', zh: '不支持的消息类型' },
  // Answered in English whatever the language, even for a Chinese organisation.
  token: { en: 'token is not exist', zh: 'token is not exist' },
  session: { en: 'session is not exist', zh: 'session 不存在' },
  keyword: {
    en: 'keywords not in content',
    zh: `description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词，并在发送的信息中包含此关键词;${LINK}`,
  },
  timestamp: {
    en: 'invalid timestamp',
    zh: `description:机器人发送签名过期;solution:签名生成时间和发送时间请保持在一小时以内;${LINK}`,
  },
  sign: {
    en: 'sign not match',
    zh: `description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中，请确认机器人的密钥加签和填写的密钥一致;${LINK}`,
  },
  tooFast: {
    en: 'send too fast, exceed 20 times per minute',
    zh: 'send too fast, exceed 20 times per minute 发送速度太快而限流',
  },
  tooMany: {
    en: 'sending too many messages per minute',
    zh: 'sending too many messages per minute 发送过于频繁，请稍后重试',
  },
  tooLarge: { en: 'message content is too long', zh: '消息内容过长' },
  quota: {
    en: 'the monthly quota of Webhook & Stream calls is used up',
    zh: '当月 Webhook 与 Stream 调用额度已用完',
  },
} as const satisfies Record<string, Wording>;

/** The text of 310000 for an address outside the list. */
export function ipText(address: string): Wording {
  return {
    en: `ip ${address} not in whitelist`,
    zh: `description:请求的IP地址 ${address} 不在白名单中;solution:请联系群管理员查看此机器人的IP地址（段）设置;${LINK}`,
  };
}

/** The text of 40035 naming the parameter. */
export function parameterText(name: string): Wording {
  return { en: `invalid parameter ${name}`, zh: `缺少参数或参数不合法 ${name}` };
}

/** The moderation codes 430101…430104 (dingtalk.md 1.6). */
export const MODERATION_TEXTS: Readonly<Record<number, Wording>> = {
  430101: { en: 'message contains an unsafe link', zh: '消息中含有不安全的外链' },
  430102: { en: 'message contains improper text', zh: '消息中含有不合适的文本' },
  430103: { en: 'message contains an improper picture', zh: '消息中含有不合适的图片' },
  430104: { en: 'message contains improper content', zh: '消息中含有不合适的内容' },
};
