/** Both languages say everything: equal keys, equal parameters, nothing empty. */
import { expect, it } from 'vitest';
import { textLang } from '../lib/i18n';
import { setLang } from '../lib/prefs';
import { t } from '../resident/text';

type Table = Record<string, string>;
const files = import.meta.glob<Record<string, Table>>('../*/locales/*.ts', { eager: true });
const rooms = [...new Set(Object.keys(files).map((f) => f.split('/')[1] ?? ''))];
const table = (room: string, lang: 'zh' | 'en'): Table => files[`../${room}/locales/${lang}.ts`]?.[lang] ?? {};
const holes = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort();

it.each(rooms)('%s: the same keys and the same parameters', (room) => {
  const zh = table(room, 'zh');
  const en = table(room, 'en');
  expect(Object.keys(zh).length).toBeGreaterThan(0);
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  for (const key of Object.keys(zh)) {
    expect(holes(en[key] ?? ''), key).toEqual(holes(zh[key] ?? ''));
    expect(zh[key]?.trim(), key).not.toBe('');
    expect(en[key]?.trim(), key).not.toBe('');
  }
});

it('follows the language that was chosen and fills in parameters', () => {
  setLang('zh');
  expect(t('thread.unread', { n: 3 })).toBe('3 条新消息');
  setLang('en');
  expect(t('thread.unread', { n: 3 })).toBe('3 new');
});

it('names the language of a text by its script', () => {
  expect(textLang('社保卡')).toBe('zh-CN');
  expect(textLang('social card')).toBe('en');
});
