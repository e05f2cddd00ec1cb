/** Ready phrases in both languages. They carry no facts of the service list: those come from the
 *  search, with their source. */
import type { City } from '../lib/types';

export interface Phrase { zh: string; en: string }
export interface Group { key: 'phrases.start' | 'phrases.during' | 'phrases.close'; phrases: Phrase[] }

const DESK: Record<City, Phrase> = {
  shenzhen: { zh: '深圳', en: 'Shenzhen' },
  dongguan: { zh: '东莞', en: 'Dongguan' },
};

export function phrasesOf({ agent, city }: { agent: string; city: City | null }): Group[] {
  const desk = city ? DESK[city] : { zh: '深莞', en: 'Shenzhen–Dongguan' };
  return [
    {
      key: 'phrases.start',
      phrases: [
        { zh: `您好，我是${desk.zh}政务服务坐席${agent}，刚才的咨询记录我已经看到，不用重复说明。`, en: `Hello, this is ${agent} of the ${desk.en} service desk. I have read your conversation so far, so you need not repeat anything.` },
        { zh: '请稍等，我核对一下两市的最新规定。', en: 'One moment please, I am checking the current rules of both cities.' },
      ],
    },
    {
      key: 'phrases.during',
      phrases: [
        { zh: '请问您目前在哪个城市参保、缴存或居住？这决定由哪个城市办理。', en: 'In which city are you insured, contributing or living at present? That decides which city handles it.' },
        { zh: '为保护您的信息安全，请不要在对话中发送完整的身份证号、银行卡号或验证码。', en: 'To protect you, please do not send full ID numbers, bank card numbers or verification codes in this chat.' },
        { zh: '这件事需要您先在城市 App 完成实名登录，我在这里等您。', en: 'This needs a real-name sign-in on your city app first. I will wait for you here.' },
        { zh: '如果方便，我们可以改用视频，我一步一步带您操作。', en: 'If it suits you, we can switch to video and I will take you through it step by step.' },
      ],
    },
    {
      key: 'phrases.close',
      phrases: [
        { zh: '请问还有其他问题需要帮您吗？', en: 'Is there anything else I can help you with?' },
        { zh: '稍后您会收到本次服务的小结，也可以随时回来继续咨询。祝您办事顺利！', en: 'You will receive a summary of this conversation, and you can come back at any time. All the best!' },
      ],
    },
  ];
}
