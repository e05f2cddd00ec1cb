/**
 * Words of the interface. Each room keeps `locales/zh.ts` and `locales/en.ts` with equal keys (the
 * compiler checks it) and makes its own `t` with `translator`. `{name}` in a text is a parameter.
 */
import { lang } from './prefs';
import type { Lang } from './types';
import { zh } from './locales/zh';
import { en } from './locales/en';

export type Params = Record<string, string | number>;
export type Translate<K extends string> = (key: K, params?: Params, as?: Lang) => string;

/** A typed look-up that follows the current language; reading it in a component subscribes to it. */
export function translator<K extends string>(
  chinese: Record<K, string>,
  english: Record<NoInfer<K>, string>,
): Translate<K> {
  const table = { zh: chinese, en: english };
  return (key, params, as) => {
    const text = table[as ?? lang.value][key];
    return params ? text.replace(/\{(\w+)\}/g, (_, name: string) => String(params[name] ?? '')) : text;
  };
}

/** Words the shared components need. */
export const tl = translator(zh, en);

/** BCP 47 tag for a `lang` attribute. */
export const tag = (value: Lang): string => (value === 'zh' ? 'zh-CN' : 'en');

/** Language of a free text, by its script; for `lang` attributes, so that readers pronounce it. */
export const textLang = (text: string): string => (/\p{Script=Han}/u.test(text) ? 'zh-CN' : 'en');
