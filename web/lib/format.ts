/** Dates, times, durations and links as people read them, in the language asked for. Whoever reads, and
 *  wherever his device is: dates and times are those of the two cities, as opening hours, bookings, deadlines
 *  and the days of the rules are. */
import { lang } from './prefs';
import { tag } from './i18n';
import type { Lang } from './types';

const ZONE = 'Asia/Shanghai';
const DAY = new Intl.DateTimeFormat('en-US', { weekday: 'short', month: 'short', day: '2-digit', year: 'numeric', timeZone: ZONE });
const cache = new Map<string, Intl.DateTimeFormat>();

function formatter(as: Lang, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = as + JSON.stringify(options);
  let made = cache.get(key);
  if (!made) cache.set(key, (made = new Intl.DateTimeFormat(tag(as) === 'en' ? 'en-GB' : 'zh-CN', { ...options, timeZone: ZONE })));
  return made;
}

/** An instant; what names no zone (`2026-03-01`, `2026-03-01T09:00`) is meant in the cities' time. */
function parse(iso: string): Date | null {
  const [, plain, time] = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}[\d:.]*))?$/.exec(iso) ?? [];
  const date = new Date(plain ? `${plain}T${time ?? '00:00'}+08:00` : iso);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** `14:05`. */
export function clock(iso: string, as: Lang = lang.value): string {
  const date = parse(iso);
  return date ? formatter(as, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(date) : '';
}

/** `2026年3月1日` / `1 Mar 2026`. */
export function day(iso: string, as: Lang = lang.value): string {
  const date = parse(iso);
  return date ? formatter(as, { year: 'numeric', month: as === 'zh' ? 'long' : 'short', day: 'numeric' }).format(date) : iso;
}

/** Date and time together. */
export function moment(iso: string, as: Lang = lang.value): string {
  return /^\d{4}-\d{2}-\d{2}$/.test(iso) ? day(iso, as) : `${day(iso, as)} ${clock(iso, as)}`;
}

/** Key that is equal for two instants of one day: `Sun Mar 01 2026`, as `Date.toDateString` writes it. */
export function dayKey(iso: string): string {
  const date = parse(iso);
  return date ? DAY.format(date).replaceAll(',', '') : iso;
}

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
