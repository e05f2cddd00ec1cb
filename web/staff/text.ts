/** `t`: the words of sign-in, in the current language. */
import { translator } from '../lib/i18n';
import { en } from './locales/en';
import { zh } from './locales/zh';

export const t = translator(zh, en);
