/** `t`: the words of the list desk in the current language. `tk`: for keys made at run time. */
import { translator } from '../lib/i18n';
import type { Lang } from '../lib/types';
import { en } from './locales/en';
import { zh } from './locales/zh';

export const t = translator(zh, en);
export type Key = keyof typeof zh;

/** The word under a key that was put together; the last part of the key where there is none. */
export function tk(key: string, as?: Lang): string {
  return key in zh ? t(key as Key, undefined, as) : (key.split('.').pop() ?? key);
}
