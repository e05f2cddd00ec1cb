/** The left column: search, filters, the records that fit. Arrow keys and j/k move, Enter opens. */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { Glyph } from '../desk/glyph';
import { Icon } from '../lib/icons';
import { lang } from '../lib/prefs';
import { Button, cx, CityMark, Skeleton } from '../lib/ui';
import * as api from './api';
import { KINDS, type Body, type Brief, type Filters, type Kind } from './api';
import { editor, filters, go, hrefOf, offline, opening, overview, round, sheet, work } from './app';
import { StateBadge } from './editor';
import { keyOf } from './keys';
import { useLoad } from './load';
import { CHOICES } from './schema';
import { t, tk } from './text';
import { local, unsaved, type Unsaved } from './work';
import { printable } from './written';

const QUIET_MS = 250;
/** What the list shows now, for the keys. */
export const lines = signal<Brief[]>([]);
const page = signal(1);
const more = signal(false);
/** How many pages there are. */
let pages = 1;
/** A key pressed before the records it is about have come waits for them. */
let waiting: 'open' | 'first' | 'last' | null = null;

export function set(part: Partial<Filters>): void {
  page.value = 1;
  filters.value = { ...filters.value, ...part };
}

const focusRow = (key: string): void => void setTimeout(() => document.querySelector<HTMLElement>(`[data-row="${CSS.escape(key)}"]`)?.focus());

/** Another page of the list; the focus goes to its first row, or its last. */
function turnTo(next: number, row: 'first' | 'last'): void {
  waiting = row;
  page.value = next;
}

/** The record after or before the one that is open or has the focus; from the last one on to the next page. */
export function step(by: 1 | -1): boolean {
  const now = lines.peek();
  if (!now.length) return false;
  if (waiting) return true;
  const focused = (document.activeElement as HTMLElement | null)?.dataset?.row;
  const at = now.findIndex((line) => line.key === (focused ?? work.peek()?.key));
  const next = now[at < 0 ? 0 : at + by];
  if (next) focusRow(next.key);
  else if (by > 0 && page.peek() < pages) turnTo(page.peek() + 1, 'first');
  else if (by < 0 && page.peek() > 1) turnTo(page.peek() - 1, 'last');
  else focusRow((by > 0 ? now[now.length - 1] : now[0])?.key ?? '');
  return true;
}

/** A record that only this device knows, as a line of the list. */
function lineOf({ kind, key, body }: Unsaved): Brief {
  const name = (body[kind === 'source' ? 'title' : kind === 'liaison' ? 'role' : 'name'] ?? {}) as Body;
  const text = (as: 'zh' | 'en'): string => String(name[as] || name.zh || name.en || key);
  return { kind, key, name: { zh: text('zh'), en: text('en') }, domain: null, cities: [], status: null, as_of: null, next_review: null, stale: false, new: true, tasks: 0, draft: null };
}

/** Those of them that fit: of the kind, and by what is searched for. */
function unknown(found: Unsaved[], f: Filters): Brief[] {
  const words = f.q.trim().toLowerCase();
  if (f.domain || f.city || f.status || f.stale || f.draft || f.tasks) return [];
  return found.filter((line) => line.new && line.kind === f.kind).map(lineOf).filter((line) => [line.key, line.name.zh, line.name.en].some((text) => text.toLowerCase().includes(words)));
}

function Row({ line, here }: { line: Brief; here: boolean }): JSX.Element {
  const on = work.value?.key === line.key && work.value?.kind === line.kind;
  return (
    <li>
      <a
        class={cx('row', on && 'row-on')} href={hrefOf('list', line.kind, line.key)} data-row={line.key} aria-current={on ? 'true' : undefined} aria-busy={opening.value === line.key || undefined}
        onKeyDown={(e) => { const by = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0; if (by && step(by)) e.preventDefault(); }}
      >
        <span class="row-name">{line.name[lang.value]}</span>
        <span class="row-tags">
          <span class="code">{line.key}</span>
          {line.cities.length === 1 && line.cities.map((c) => <CityMark key={c} city={c} />)}
          {line.draft && <StateBadge state={line.draft.state} />}
          {line.draft?.withdraw && <span class="tag tag-warn">{t('row.withdraw')}</span>}
          {line.new && <span class="tag">{t('record.new')}</span>}
          {here && <span class="tag tag-warn"><Icon name="text" />{t('row.unsaved')}</span>}
          {line.tasks > 0 && <span class="tag tag-warn"><Icon name="info" />{t('row.tasks', { n: line.tasks })}</span>}
          {line.stale && <span class="tag tag-warn"><Icon name="clock" />{t('row.stale')}</span>}
        </span>
      </a>
    </li>
  );
}

function Pick({ name, label, options }: { name: keyof Filters; label: string; options: { value: string; label: string }[] }): JSX.Element {
  return (
    <label class="pick">
      <span>{label}</span>
      <select class="input" value={filters.value[name]} onChange={(e) => set({ [name]: e.currentTarget.value })}>
        <option value="">{t('filter.any')}</option>
        {options.map((o) => <option key={o.value} value={o.value}>{o.label}</option>)}
      </select>
    </label>
  );
}

const yesNo = (): { value: string; label: string }[] => [{ value: 'yes', label: t('yes') }, { value: 'no', label: t('no') }];
const named = (of: keyof typeof CHOICES): { value: string; label: string }[] => CHOICES[of].map((value) => ({ value, label: tk(`o.${of}.${value}`) }));

function FilterBox(): JSX.Element {
  const f = filters.value;
  const used = [f.domain, f.city, f.status, f.stale, f.draft, f.tasks].filter(Boolean).length;
  return (
    <details class="filters" open={more.value} onToggle={(e) => (more.value = e.currentTarget.open)}>
      <summary><Icon name="list" /><span>{t('filters')}</span>{used > 0 && <b class="num">{used}</b>}<Icon name="chevron" class="fold-arrow" /></summary>
      <div class="filter-grid">
        {f.kind === 'item' && <Pick name="domain" label={t('f.domain')} options={named('domain')} />}
        <Pick name="city" label={t('f.city')} options={named('city')} />
        <Pick name="status" label={t('f.status')} options={named('status')} />
        <Pick name="draft" label={t('filter.draft')} options={yesNo()} />
        <Pick name="tasks" label={t('filter.tasks')} options={yesNo()} />
        <Pick name="stale" label={t('filter.stale')} options={yesNo()} />
      </div>
      {used > 0 && <Button size="sm" variant="quiet" icon="close" onClick={() => set({ domain: '', city: '', status: '', stale: '', draft: '', tasks: '' })}>{t('filter.clear')}</Button>}
    </details>
  );
}

export function List(): JSX.Element {
  const f = filters.value;
  const { data, busy, slow, problem, again } = useLoad(
    (stop) => api.records(f, page.value, stop).then((found) => ({ ...found, of: f })),
    [f, page.value, round.value, lang.value], f.q ? QUIET_MS : 0,
  );
  const box = useRef<HTMLDivElement>(null);
  const own = useMemo(() => unsaved(editor.value?.id ?? ''), [local.value, editor.value?.id]);
  const known = data?.items ?? [];
  const mine = data?.page === 1 ? unknown(own, f).filter((line) => !known.some((k) => k.key === line.key)) : [];
  const act = (what: 'open' | 'first' | 'last'): void => {
    const line = lines.peek().at(what === 'last' ? -1 : 0);
    if (line) { if (what === 'open') go('list', line.kind, line.key); else focusRow(line.key); }
  };
  useLayoutEffect(() => { box.current?.scrollTo?.({ top: 0 }); }, [data?.page, data?.of]);
  // With the rows, not after the paint: a key may follow at once.
  useLayoutEffect(() => {
    lines.value = [...mine, ...known];
    const what = waiting;
    if (!busy) waiting = null;
    if (what && data?.of === filters.peek() && data.page === page.peek()) act(what);
  }, [data, own]);
  pages = data ? Math.max(1, Math.ceil(data.total / data.page_size)) : 1;
  return (
    <div class="list-pane">
      <h2 class="sr-only">{t('pane.list')}</h2>
      <div class="list-tools">
        <div class="kind-row">
          <label class="sr-only" for="kind">{t('kind')}</label>
          <select id="kind" class="input" value={f.kind} onChange={(e) => set({ kind: e.currentTarget.value as Kind, domain: '' })}>
            {KINDS.map((k) => <option key={k} value={k}>{tk(`k.${k}`)}{overview.value ? ` · ${overview.value.counts[k] ?? 0}` : ''}</option>)}
          </select>
          <Button size="sm" icon="plus" onClick={() => (sheet.value = 'new')} aria-label={t('new.title')} title={t('new.title')}>{t('new')}</Button>
        </div>
        <label class="sr-only" for="search">{t('search')}</label>
        <div class="search-field">
          <Glyph name="search" />
          <input
            id="search" class="input" type="search" value={f.q} maxLength={200} placeholder={t('search.hint')} autoComplete="off" aria-controls="rows" aria-keyshortcuts={keyOf('search')}
            onBlur={() => (waiting = null)} onInput={(e) => { waiting = null; set({ q: printable(e.currentTarget.value) }); }}
            onKeyDown={(e) => {
              const what = e.key === 'Enter' ? 'open' : e.key === 'ArrowDown' ? 'first' : null;
              if (!what || e.isComposing) return;
              e.preventDefault();
              if (data?.of === filters.peek()) act(what); else waiting = what;
            }}
          />
        </div>
        <FilterBox />
      </div>
      <p class="list-count" role="status">{busy ? (slow ? t('slow') : '') : data ? t('list.count', { n: data.total + mine.length }) : ''}</p>
      <div class="rows-box" id="rows" aria-busy={busy} ref={box}>
        {problem ? <div class="nothing"><Icon name={offline.value ? 'offline' : 'warning'} /><p role="alert">{offline.value ? t('net.offline') : problem}</p><Button size="sm" icon="refresh" onClick={again}>{t('retry')}</Button></div>
          : !data ? <div class="pad"><Skeleton lines={7} /></div>
            : mine.length + known.length === 0 ? <div class="nothing"><Glyph name="search" /><p>{t('list.empty')}</p></div>
              : <ul class={cx('rows', busy && 'rows-busy')} aria-label={tk(`k.${f.kind}`)}>{[...mine, ...known].map((line) => <Row key={line.key} line={line} here={own.some((u) => u.kind === line.kind && u.key === line.key)} />)}</ul>}
      </div>
      {pages > 1 && (
        <nav class="pager" aria-label={t('pages')}>
          <Button size="sm" disabled={page.value <= 1} onClick={() => turnTo(page.value - 1, 'first')}>{t('page.back')}</Button>
          <span class="num">{page.value} / {pages}</span>
          <Button size="sm" disabled={page.value >= pages} onClick={() => turnTo(page.value + 1, 'first')}>{t('page.next')}</Button>
        </nav>
      )}
    </div>
  );
}
