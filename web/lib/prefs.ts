/**
 * What the person chose for this device: language, theme, text size. Kept in localStorage and
 * mirrored on `<html>` (`lang`, `data-theme`, `data-text`), where the style sheets read it.
 */
import { effect, signal } from '@preact/signals';
import type { Lang } from './types';

export type Theme = 'auto' | 'light' | 'dark';
/** `elder` sets every text at 18 pt or more. */
export type TextSize = 'normal' | 'large' | 'elder';

/** localStorage that may be missing, full or forbidden. Never throws. */
export const store = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, value);
    } catch {
      /* private mode or quota: the page works on without keeping it */
    }
  },
  keys(prefix: string): string[] {
    try {
      return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
    } catch {
      return [];
    }
  },
};

function saved<T extends string>(key: string, allowed: readonly T[], fallback: T): T {
  const value = store.get(key);
  return allowed.includes(value as T) ? (value as T) : fallback;
}

const browserLang: Lang = /^zh\b/i.test(globalThis.navigator?.language ?? 'zh') ? 'zh' : 'en';

export const lang = signal<Lang>(saved('sg.lang', ['zh', 'en'], browserLang));
export const theme = signal<Theme>(saved('sg.theme', ['auto', 'light', 'dark'], 'auto'));
export const textSize = signal<TextSize>(saved('sg.text', ['normal', 'large', 'elder'], 'normal'));

/** True once the person has picked a language here; before that the server's guess is followed. */
export const langChosen = signal(store.get('sg.lang') !== null);

export function setLang(value: Lang): void {
  lang.value = value;
  langChosen.value = true;
  store.set('sg.lang', value);
}

export function setTheme(value: Theme): void {
  theme.value = value;
  store.set('sg.theme', value);
}

export function setTextSize(value: TextSize): void {
  textSize.value = value;
  store.set('sg.text', value);
}

/** Keeps `<html>` in step with the preferences; call once per page. */
export function applyPrefs(root: HTMLElement = document.documentElement): () => void {
  return effect(() => {
    root.lang = lang.value === 'zh' ? 'zh-CN' : 'en';
    root.dataset.theme = theme.value;
    root.dataset.text = textSize.value;
  });
}
