/** `t`: the words of the desk in the current language, or in the one asked for. */
import { translator } from '../lib/i18n';
import { en } from './locales/en';
import { zh } from './locales/zh';

export const t = translator(zh, en);
