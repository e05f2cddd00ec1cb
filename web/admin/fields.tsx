/** One component for each way a field is filled in. All read and write the open record through `Work`. */
import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { composing } from '../desk/keys';
import { day } from '../lib/format';
import { Icon } from '../lib/icons';
import { announce } from '../lib/overlay';
import { lang } from '../lib/prefs';
import type { City } from '../lib/types';
import { cx, IconButton } from '../lib/ui';
import type { Body, Finding, Json } from './api';
import { overview } from './app';
import { foreign, ForeignMark } from './cities';
import { fieldOf, pathOf, type Path } from './paths';
import { problemText } from './problems';
import { CHOICES, type Field } from './schema';
import { t, tk } from './text';
import type { Work } from './work';
import { decimalIn, numberIn, written } from './written';

export interface At<F extends Field = Field> { field: F; path: Path; work: Work; ro: boolean }
export const idOf = (path: Path): string => `f-${path.join('-')}`;
export const labelOf = (field: Field): string => tk(`f.${field.label ?? field.key}`);
type Of<K extends Field['as']> = At<Extract<Field, { as: K }>>;
const str = (value: Json | undefined): string => (value === null || value === undefined ? '' : String(value));

/** `东莞 › 材料 › 第 2 项 › 名称`. */
export function pathInWords(path: Path): string {
  return path.map((p) => (typeof p === 'number' || /^\d+$/.test(String(p)) ? t('entry.nth', { n: Number(p) + 1 }) : p === 'shenzhen' || p === 'dongguan' ? tk(`o.city.${p}`) : p === 'zh' || p === 'en' || p === 'yue' ? t(`in.${p}`) : p === 'common' ? t('city.common') : p === 'cities' ? '' : tk(`f.${p}`))).filter(Boolean).join(' › ');
}

/** The field a finding is about, in a record that says `body`. */
export const fieldIn = (body: Body | null) => (f: Finding): string => (f.path ? pathInWords(fieldOf(body ?? {}, f.path)) : '');
/** The record and field a finding is about, where several records are meant. */
export function whereName(f: Finding): string {
  const [code = ''] = f.where.split(' ');
  return [code, pathInWords(pathOf({ where: f.where }, code).split('.').filter(Boolean))].filter(Boolean).join(' › ');
}

/** Findings as sentences; with `named` each begins with what it is about. */
export function Problems({ found, id, named }: { found: Finding[]; id?: string; named?: (f: Finding) => string }): JSX.Element | null {
  if (!found.length) return null;
  return (
    <ul class="problems" id={id}>
      {found.map((f) => (
        <li key={f.where + f.path + f.problem} class={`problem-${f.level}`}><Icon name={f.level === 'error' ? 'urgent' : 'warning'} /><span>{named?.(f) && <b>{named(f)}　</b>}{problemText(f.problem)}</span></li>
      ))}
    </ul>
  );
}

const invalid = (found: Finding[], id: string): { 'aria-invalid'?: boolean; 'aria-describedby'?: string } =>
  found.length ? { 'aria-invalid': found.some((f) => f.level === 'error'), 'aria-describedby': `${id}-bad` } : {};

function Row({ field, id, children, found, wide }: { field: Field; id: string; children: ComponentChildren; found: Finding[]; wide?: boolean }): JSX.Element {
  return (
    <div class={cx('fld', (wide || field.hint) && 'fld-wide', field.hint && 'fld-hinted')}>
      <label class="fld-label" for={id}>{labelOf(field)}{field.need && <Needed />}</label>
      {children}
      {field.hint && <p class="field-hint">{tk(`hint.${field.hint}`)}</p>}
      <Problems found={found} id={`${id}-bad`} />
    </div>
  );
}

const Needed = (): JSX.Element => <span class="needed" title={t('needed')}><span aria-hidden="true">*</span><span class="sr-only">{t('needed')}</span></span>;

/** A text in both languages, side by side where there is room. */
function Local({ field, path, work, ro }: Of<'local'>): JSX.Element {
  const value = (work.value(path) ?? {}) as Record<string, Json>;
  const id = idOf(path), label = labelOf(field), found = work.at(path, true);
  const write = (as: 'zh' | 'en', text: string): void => {
    const next = { ...value, zh: str(value.zh), en: str(value.en), [as]: text };
    work.set(path, !field.need && !next.zh && !next.en ? null : next);
  };
  const used = [...str(value.zh)].filter((c) => /\p{Script=Han}/u.test(c)).length;
  return (
    <div class="fld fld-wide" role="group" aria-label={label}>
      <span class="fld-label" aria-hidden="true">{label}{field.need && <Needed />}{field.max && <small class={cx('num', used > field.max && 'over')}>{used}/{field.max}</small>}</span>
      <div class="pair">
        {(['zh', 'en'] as const).map((as) => (
          <div class="pair-side" key={as}>
            <span class="lang-mark" aria-hidden="true">{as === 'zh' ? '中' : 'EN'}</span>
            <textarea
              id={`${id}-${as}`} class={cx('input', 'grow', field.long && 'grow-long')} lang={as === 'zh' ? 'zh-CN' : 'en'} rows={field.long ? 2 : 1} value={str(value[as])} readOnly={ro}
              aria-label={`${label} ${t(`in.${as}`)}`} {...invalid(found, id)} onInput={(e) => write(as, written(e.currentTarget))}
            />
          </div>
        ))}
      </div>
      <Problems found={found} id={`${id}-bad`} />
    </div>
  );
}

function Plain({ field, path, work, ro }: Of<'text' | 'number' | 'decimal' | 'date'>): JSX.Element {
  const id = idOf(path), found = work.at(path);
  const number = field.as === 'number' || field.as === 'decimal';
  // While somebody writes, the field shows what he writes: `22.` is a number on its way, a space a word's end.
  const text = useSignal<string | null>(null);
  const read = (said: string): Json => {
    if (said === '') return field.as === 'text' && field.need ? '' : null;
    return field.as === 'number' ? numberIn(said) : field.as === 'decimal' ? decimalIn(said) : said;
  };
  return (
    <Row field={field} id={id} found={found} wide={field.key === 'url' || field.key === 'form_url'}>
      <input
        id={id} class={cx('input', field.as === 'text' && field.mono && 'mono', number && 'num')} {...({ type: field.as === 'date' ? 'date' : 'text' } as { type: 'text' })} inputMode={number ? 'decimal' : undefined}
        value={text.value ?? str(work.value(path))} readOnly={ro} autoComplete="off" spellcheck={false} {...invalid(found, id)}
        onInput={(e) => { text.value = written(e.currentTarget); work.set(path, read(text.value.trim())); }} onBlur={() => (text.value = null)}
      />
    </Row>
  );
}

function Check({ field, path, work, ro }: Of<'check'>): JSX.Element {
  return (
    <label class="fld fld-check">
      <input type="checkbox" id={idOf(path)} checked={work.value(path) === true} disabled={ro} onChange={(e) => work.set(path, e.currentTarget.checked)} />
      <span>{labelOf(field)}</span>
    </label>
  );
}

export const sourceName = (id: string): string => {
  const found = overview.value?.sources.find((s) => s.id === id);
  return found ? `${id} · ${found.title[lang.value]}` : id;
};
const optionsOf = (of: keyof typeof CHOICES | 'source'): readonly string[] => (of === 'source' ? (overview.value?.sources.map((s) => s.id) ?? []) : CHOICES[of]);
export const choiceName = (of: string, value: string): string => (of === 'source' ? sourceName(value) : of === 'city' ? tk(`o.city.${value}`) : tk(`o.${of}.${value}`));

/** Choices that are whole phrases in one of the languages. */
const LONG_CHOICES: readonly string[] = ['domain', 'fact', 'source'];

function Choice({ field, path, work, ro }: Of<'choice'>): JSX.Element {
  const id = idOf(path), found = work.at(path), value = str(work.value(path)), options = optionsOf(field.of);
  return (
    <Row field={field} id={id} found={found} wide={LONG_CHOICES.includes(field.of)}>
      <select
        id={id} class="input" value={value} disabled={ro} {...invalid(found, id)}
        onChange={(e) => { const v = e.currentTarget.value; work.set(path, v === '' ? null : field.numeric ? Number(v) : v); }}
      >
        {(!field.need || !value) && <option value="">{t('none')}</option>}
        {value && !options.includes(value) && <option value={value}>{value}</option>}
        {options.map((o) => <option key={o} value={o} disabled={field.of === 'city' && o !== value && foreign(o)}>{choiceName(field.of, o)}</option>)}
      </select>
    </Row>
  );
}

function Many({ field, path, work, ro }: Of<'many'>): JSX.Element {
  const chosen = ((work.value(path) as Json[] | null) ?? []).map(String);
  const set = (o: string, on: boolean): void => {
    const next = optionsOf(field.of).filter((x) => (x === o ? on : chosen.includes(x)));
    work.set(path, field.numeric ? next.map(Number) : [...next]);
  };
  return (
    <fieldset class="fld fld-wide" id={idOf(path)} tabIndex={-1}>
      <legend class="fld-label">{labelOf(field)}</legend>
      <div class="ticks-row">
        {optionsOf(field.of).map((o) => (
          <label key={o} class={cx('mini', chosen.includes(o) && 'mini-on')}>
            <input type="checkbox" checked={chosen.includes(o)} disabled={ro} onChange={(e) => set(o, e.currentTarget.checked)} />
            <span>{choiceName(field.of, o)}</span>
          </label>
        ))}
      </div>
      {field.hint && <p class="field-hint">{tk(`hint.${field.hint}`)}</p>}
      <Problems found={work.at(path, true)} />
    </fieldset>
  );
}

/** The documents a record rests on: those chosen, and one more from the list. */
function Sources({ field, path, work, ro }: Of<'sources'>): JSX.Element {
  const box = useRef<HTMLDivElement>(null), chosen = (work.value(path) as string[] | null) ?? [];
  const left = optionsOf('source').filter((s) => !chosen.includes(s));
  const remove = (i: number): void => {
    work.remove(path, i, sourceName(chosen[i] ?? ''));
    setTimeout(() => { const rest = [...(box.current?.querySelectorAll<HTMLElement>('.icon-btn, select') ?? [])]; rest[Math.min(i, rest.length - 1)]?.focus(); });
  };
  return (
    <div class="fld fld-wide" role="group" aria-label={labelOf(field)} id={idOf(path)} tabIndex={-1} ref={box}>
      <span class="fld-label" aria-hidden="true">{labelOf(field)}</span>
      <ul class="source-list">
        {chosen.map((s, i) => (
          <li key={s}><span>{sourceName(s)}</span>{!ro && <IconButton id={idOf([...path, i])} icon="close" label={t('remove', { name: s })} onClick={() => remove(i)} />}</li>
        ))}
      </ul>
      {!ro && left.length > 0 && (
        <select class="input" aria-label={t('sources.add')} value="" onChange={(e) => { const v = e.currentTarget.value; if (v) work.set(path, [...chosen, v]); }}>
          <option value="">{t('sources.add')}</option>
          {left.map((s) => <option key={s} value={s}>{sourceName(s)}</option>)}
        </select>
      )}
      <Problems found={work.at(path, true)} />
    </div>
  );
}

/** Short texts, one a line. Enter begins the next, Backspace in an empty one takes it away. */
export function Lines({ path, work, ro, label, as, hint }: { path: Path; work: Work; ro: boolean; label: string; as?: 'zh' | 'en' | 'yue'; hint?: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const lines = ((work.value(path) as Json[] | null) ?? []).map(str);
  const focus = (n: number): void => void setTimeout(() => box.current?.querySelectorAll<HTMLElement>('textarea')[n]?.focus());
  const put = (next: string[]): void => work.set(path, next);
  const remove = (i: number): void => {
    work.remove(path, i, lines[i] || t('line.nth', { label, n: i + 1 }));
    if (lines.length > 1) focus(Math.min(i, lines.length - 2));
    else setTimeout(() => box.current?.querySelector<HTMLElement>('.add')?.focus());
  };
  const press = (e: KeyboardEvent, i: number): void => {
    if (composing(e) || ro) return;
    if (e.key === 'Enter' && !e.ctrlKey && !e.metaKey) {
      e.preventDefault();
      put([...lines.slice(0, i + 1), '', ...lines.slice(i + 1)]);
      focus(i + 1);
    } else if (e.key === 'Backspace' && !lines[i] && lines.length > 0) {
      e.preventDefault();
      put(lines.filter((_, j) => j !== i));
      focus(Math.max(0, i - 1));
    }
  };
  return (
    <div class="lines" role="group" aria-label={label} id={idOf(path)} tabIndex={-1} ref={box}>
      <span class="lines-label" aria-hidden="true">{label}<small class="num">{lines.length}</small></span>
      {lines.map((line, i) => (
        <div class="line" key={i}>
          <textarea
            id={idOf([...path, i])} class="input grow" rows={1} value={line} readOnly={ro} lang={as === 'en' ? 'en' : 'zh-CN'} aria-label={t('line.nth', { label, n: i + 1 })} spellcheck={false}
            onInput={(e) => { const text = written(e.currentTarget).replace(/\n/g, ' '); put(lines.map((x, j) => (j === i ? text : x))); }} onKeyDown={(e) => press(e, i)}
          />
          {!ro && <IconButton icon="close" label={t('line.remove', { n: i + 1 })} onClick={() => remove(i)} />}
        </div>
      ))}
      {!ro && <button type="button" class="add" onClick={() => { put([...lines, '']); focus(lines.length); }}><Icon name="plus" />{t('line.add')}</button>}
      {hint && <p class="field-hint">{tk(`hint.${hint}`)}</p>}
      <Problems found={work.at(path, true)} />
    </div>
  );
}

function Words({ field, path, work, ro }: Of<'words'>): JSX.Element {
  return (
    <div class="fld fld-wide words" role="group" aria-label={labelOf(field)}>
      <span class="fld-label" aria-hidden="true">{labelOf(field)}</span>
      <p class="field-hint">{tk(`hint.${field.key}`)}</p>
      <div class="words-cols">
        {(['zh', 'en', 'yue'] as const).map((as) => <Lines key={as} path={[...path, as]} work={work} ro={ro} as={as} label={t(`in.${as}`)} />)}
      </div>
    </div>
  );
}

const nested = (path: Path, key: string): Path => (key ? [...path, key] : path);

/** The fields of one object. Provenance is folded up: its summary is what people look at. */
export function Fields({ fields, path, work, ro }: { fields: Field[]; path: Path; work: Work; ro: boolean }): JSX.Element {
  return <div class="flds">{fields.map((field) => <FieldView key={field.key + (field.label ?? '')} field={field} path={nested(path, field.key)} work={work} ro={ro} />)}</div>;
}

function Provenance({ field, path, work, ro }: Of<'group'>): JSX.Element {
  const of = (key: string): string => str(work.value([...path, key]));
  const found = field.of.flatMap((f) => work.at([...path, f.key]));
  return (
    <details class="provenance-fold" open={found.length > 0}>
      <summary>
        <Icon name="shield" /><span>{[tk(`o.status.${of('status')}`), of('source'), day(of('as_of'))].filter(Boolean).join(' · ')}</span>
        {(of('valid_from') || of('valid_to')) && <span class="period num">{of('valid_from') || '…'} → {of('valid_to') || '…'}</span>}
      </summary>
      <Fields fields={field.of} path={path} work={work} ro={ro} />
    </details>
  );
}

function Group(props: Of<'group'>): JSX.Element {
  const { field, path, work, ro } = props;
  if (!field.key) return <Provenance {...props} />;
  const there = work.value(path);
  return (
    <fieldset class="fld fld-wide group" id={idOf(path)} tabIndex={-1}>
      <legend class="fld-label">{labelOf(field)}</legend>
      {there ? <Fields fields={field.of} path={path} work={work} ro={ro} /> : <p class="empty-note">{t('not_filled')}</p>}
      {!ro && field.blank && (there
        ? <button type="button" class="add add-off" onClick={() => work.remove(path, null, labelOf(field))}><Icon name="close" />{t('group.clear')}</button>
        : <button type="button" class="add" onClick={() => work.set(path, field.blank?.() ?? {})}><Icon name="plus" />{t('group.fill')}</button>)}
      <Problems found={work.at(path)} />
    </fieldset>
  );
}

/** What an entry of a list is called. */
export function entryName(entry: Body, name: string | undefined, n: number): string {
  const value = name ? entry[name] : entry;
  if (typeof value === 'string' && value) return value;
  if (value && typeof value === 'object' && !Array.isArray(value)) {
    const text = str(value[lang.value]) || str(value.zh) || str(value.en);
    if (text) return text;
  }
  if (typeof entry.opens === 'string') return `${((entry.days as Json[] | null) ?? []).map((d) => tk(`o.weekday.${str(d)}`)).join(' ')} ${entry.opens}–${str(entry.closes)}`;
  return t('entry.nth', { n });
}

function marks(entry: Body): string[] {
  const out: string[] = [];
  if (entry.need && entry.need !== 'required') out.push(tk(`o.need.${str(entry.need)}`));
  if (entry.channel) out.push(tk(`o.channel.${str(entry.channel)}`));
  if (Number(entry.copies) > 0) out.push(t('mark.copies', { n: Number(entry.copies) }));
  if (entry.valid_from || entry.valid_to) out.push(`${str(entry.valid_from) || '…'}→${str(entry.valid_to) || '…'}`);
  if (entry.status === 'to_confirm') out.push(tk('o.status.to_confirm'));
  return out;
}

function List({ field, path, work, ro }: Of<'list'>): JSX.Element {
  const entries = (work.value(path) as Body[] | null) ?? [];
  const open = useSignal<ReadonlySet<number>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const label = labelOf(field);
  const toggle = (i: number, on = !open.value.has(i)): void => {
    const next = new Set(open.value);
    if (on) next.add(i);
    else next.delete(i);
    open.value = next;
  };
  const focus = (selector: string): void => void setTimeout(() => box.current?.querySelector<HTMLElement>(selector)?.focus());
  const add = (): void => {
    work.set(path, [...entries, field.blank()]);
    toggle(entries.length, true);
    focus(`.entry:nth-child(${entries.length + 1}) :is(textarea, .fld input)`);
  };
  const lead = work.lead.value;
  useEffect(() => {
    const inside = lead && lead.length > path.length && path.every((p, i) => String(lead[i]) === String(p));
    if (inside) toggle(Number(lead[path.length]), true);
  }, [lead]);
  const remove = (i: number): void => {
    work.remove(path, i, entryName(entries[i] ?? {}, field.name, i + 1));
    open.value = new Set([...open.value].filter((j) => j !== i).map((j) => (j > i ? j - 1 : j)));
    focus(entries.length > 1 ? `.entry:nth-child(${Math.min(i, entries.length - 2) + 1}) .entry-head` : '.add');
  };
  const move = (i: number, by: -1 | 1): void => {
    const list = entries.slice(), [taken] = list.splice(i, 1);
    list.splice(i + by, 0, taken as Body);
    work.set(path, list);
    work.forgetRemoved();
    const swap = (j: number): number => (j === i ? i + by : j === i + by ? i : j);
    open.value = new Set([...open.value].map(swap));
    announce(t('moved', { n: i + by + 1 }));
    focus(`.entry:nth-child(${i + by + 1}) .entry-${by < 0 ? 'up' : 'down'}`);
  };
  const here = work.at(path);
  return (
    <div class="fld fld-wide list" role="group" aria-label={label} id={idOf(path)} tabIndex={-1} ref={box}>
      <span class="fld-label" aria-hidden="true">{label}<small class="num">{entries.length}</small></span>
      {entries.length > 0 && (
        <ol class="entries">
          {entries.map((entry, i) => {
            const inside = work.at([...path, i], true), shown = open.value.has(i), name = entryName(entry, field.name, i + 1);
            const other = foreign(entry.city), locked = ro || other;
            return (
              <li key={i} class={cx('entry', shown && 'entry-open', inside.length > 0 && 'entry-bad')}>
                <div class="entry-bar">
                  <button type="button" class="entry-head" id={idOf([...path, i])} aria-expanded={shown} onClick={() => toggle(i)}>
                    <Icon name={shown ? 'chevron' : 'right'} />
                    <span><span class="entry-name">{name}</span>{marks(entry).map((m) => <small key={m}>{m}</small>)}</span>
                    {inside.length > 0 && <span class="bad-count"><Icon name="warning" /><span class="sr-only">{t('findings.n', { n: inside.length })}</span></span>}
                  </button>
                  {other && <ForeignMark />}
                  {!locked && shown && (
                    <span class="entry-tools">
                      <IconButton class="entry-up" icon="up" label={t('move.up', { name })} disabled={i === 0} onClick={() => move(i, -1)} />
                      <IconButton class="entry-down" icon="down" label={t('move.down', { name })} disabled={i === entries.length - 1} onClick={() => move(i, 1)} />
                      <IconButton icon="close" label={t('remove', { name })} onClick={() => remove(i)} />
                    </span>
                  )}
                </div>
                {shown && <div class="entry-body"><Fields fields={field.of} path={[...path, i]} work={work} ro={locked} /><Problems found={work.at([...path, i])} /></div>}
              </li>
            );
          })}
        </ol>
      )}
      {!ro && <button type="button" class="add" onClick={add}><Icon name="plus" />{t('entry.add', { label })}</button>}
      <Problems found={here} />
    </div>
  );
}

export function FieldView({ field, path, work, ro }: At): JSX.Element {
  const common = { path, work, ro };
  switch (field.as) {
    case 'local': return <Local field={field} {...common} />;
    case 'check': return <Check field={field} {...common} />;
    case 'choice': return <Choice field={field} {...common} />;
    case 'many': return <Many field={field} {...common} />;
    case 'sources': return <Sources field={field} {...common} />;
    case 'lines': return <div class="fld fld-wide"><Lines {...common} label={labelOf(field)} hint={field.hint} /></div>;
    case 'words': return <Words field={field} {...common} />;
    case 'group': return <Group field={field} {...common} />;
    case 'list': return <List field={field} {...common} />;
    default: return <Plain field={field} {...common} />;
  }
}

export const cityName = (city: City): string => tk(`o.city.${city}`);
