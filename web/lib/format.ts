/** Dates, times, durations and links as people read them, in the language asked for. */
import { lang } from './prefs';
import { tag } from './i18n';
import type { Lang } from './types';

const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(as: Lang, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = as + JSON.stringify(options);
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.DateTimeFormat(tag(as) === 'en' ? 'en-GB' : 'zh-CN', options)));
  return made;
}

function parse(iso: string): Date | null {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** `14:05`. */
export function clock(iso: string, as: Lang = lang.value): string {
  const date = parse(iso);
  return date ? formatter(as, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date) : '';
}

/** `2026年3月1日` / `1 March 2026`. A plain date is read as a local one. */
export function day(iso: string, as: Lang = lang.value): string {
  const date = parse(/^\d{4}-\d{2}-\d{2}$/.test(iso) ? `${iso}T00:00` : iso);
  return date ? formatter(as, { year: 'numeric', month: as === 'zh' ? 'long' : 'short', day: 'numeric' }).format(date) : iso;
}

/** Date and time together. */
export function moment(iso: string, as: Lang = lang.value): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(iso) ? day(iso, as) : `${day(iso, as)} ${clock(iso, as)}`;
}

/** Key that is equal for two instants of one local day. */
export const dayKey = (iso: string): string => parse(iso)?.toDateString() ?? iso;

/** Whole minutes of a wait, at least one. */
export const minutes = (seconds: number): number => Math.max(1, Math.round(seconds / 60));

/** `3:07` since a moment. */
export function elapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number) => String(n).padStart(2, '0');
  const h = Math.floor(total / 3600);
  const rest = `${pad(Math.floor((total % 3600) / 60))}:${pad(total % 60)}`;
  return h ? `${h}:${rest}` : rest;
}

/** The link if it is one a page may open (http, https, tel, or on this site), otherwise null. */
export function safeUrl(url: string | null | undefined): string | null {
  if (!url) return null;
  if (/^\/(?![/\\])/.test(url) || /^tel:[\d+-]+$/.test(url)) return url;
  try {
    return /^https?:$/.test(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

/** Random id of 22 characters, unguessable enough to name a message. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
