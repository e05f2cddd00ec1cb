/** Differences as a person reads them: what it is, what it was, what it is now. */
import type { JSX } from 'preact';
import { lang } from '../lib/prefs';
import { cx } from '../lib/ui';
import type { Change, Json } from './api';
import { middle } from './paths';
import { t, tk } from './text';

const LONG = 4000;

/** A value in words: bilingual texts in both languages, records as `label: value`. */
export function inWords(value: Json): string[] {
  if (value === null || value === '') return [];
  if (typeof value === 'boolean') return [t(value ? 'yes' : 'no')];
  if (typeof value !== 'object') return [String(value)];
  if (Array.isArray(value)) return value.flatMap((v) => { const inner = inWords(v); return inner.length > 1 ? [`• ${inner.join(' ｜ ')}`] : inner.map((x) => `• ${x}`); });
  if ('zh' in value && typeof value.zh === 'string' && Object.keys(value).length <= 4) return [value.zh, ...(typeof value.en === 'string' && value.en ? [value.en] : [])];
  return Object.entries(value).flatMap(([key, v]) => {
    const inner = v === null || v === false ? [] : inWords(v);
    return inner.length ? [`${tk(`f.${key}`)}: ${inner.join(' / ')}`] : [];
  });
}

function Side({ text, other, now, even }: { text: string; other: string; now: boolean; even?: boolean }): JSX.Element {
  if (!text) return <span class="blank">{t('blank')}</span>;
  const as = (marked: string): JSX.Element => (even ? <mark>{marked}</mark> : now ? <ins>{marked}</ins> : <del>{marked}</del>);
  if (!other || text.length + other.length > LONG) return as(text);
  const { before, old, now: fresh, after } = now ? middle(other, text) : middle(text, other);
  const mark = now ? fresh : old;
  return <>{before}{mark && as(mark)}{after}</>;
}

export function ChangeRow({ change, left, right, even }: { change: Change; left?: string; right?: string; even?: boolean }): JSX.Element {
  const old = inWords(change.old).join('\n'), now = inWords(change.new).join('\n');
  return (
    <li class="diff">
      <p class="diff-label">{change.label[lang.value]}</p>
      <div class={cx('diff-sides')}>
        <p class="diff-old"><span class="sr-only">{left ?? t('diff.old')}: </span><Side text={old} other={now} now={false} even={even} /></p>
        <p class="diff-new"><span class="sr-only">{right ?? t('diff.new')}: </span><Side text={now} other={old} now even={even} /></p>
      </div>
    </li>
  );
}

/** The list of changes under two headings. `even`: neither side came first (two cities). */
export function Changes({ changes, left, right, empty, even }: { changes: Change[]; left?: string; right?: string; empty?: string; even?: boolean }): JSX.Element {
  if (!changes.length) return <p class="empty-note">{empty ?? t('diff.none')}</p>;
  return (
    <div class={cx('diffs', even && 'diffs-even')}>
      <p class="diff-heads" aria-hidden="true"><span>{left ?? t('diff.old')}</span><span>{right ?? t('diff.new')}</span></p>
      <ul>{changes.map((change) => <ChangeRow key={change.path} change={change} left={left} right={right} even={even} />)}</ul>
    </div>
  );
}
