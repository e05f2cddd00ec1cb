/** The province's records: search, look, take one or several over as a Shen-Guan item. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Glyph } from '../desk/glyph';
import { Icon } from '../lib/icons';
import { Dialog, toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import { Button, cx, Skeleton } from '../lib/ui';
import * as api from './api';
import type { Imported, Json } from './api';
import { detail, ended, go, hrefOf, refresh } from './app';
import { inWords } from './diff';
import { keepFocus } from './focus';
import { useLoad } from './load';
import { CHOICES } from './schema';
import { Retry } from './side';
import { t, tk } from './text';
import { said } from './work';
import { written } from './written';

const QUIET_MS = 250;

/** A value of the province's record as a person says it. */
function words(key: string, value: Json): string[] {
  if (key === 'level' && typeof value === 'string') return [tk(`o.area.${value}`)];
  if (value === null || typeof value !== 'object') return inWords(value);
  if (Array.isArray(value)) return value.map((v) => inWords(v).join('，')).filter(Boolean);
  if ('unit' in value) return [`${String(value.amount ?? value.days ?? '')} ${tk(`o.unit.${String(value.unit)}`)}`];
  return Object.entries(value).flatMap(([k, v]) => (k === 'window' ? (v === false ? [t('imports.no_window')] : []) : words(k, v)));
}

function Detail({ code, chosen, onPick }: { code: string; chosen: boolean; onPick: () => void }): JSX.Element {
  const { data, problem, again } = useLoad(() => api.imported(code), [code]);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <div class="pad"><Skeleton lines={8} /></div>;
  const rows = Object.entries(data.body).map(([key, value]) => [key, words(key, value)] as const).filter(([, lines]) => lines.length);
  return (
    <article class="review" aria-labelledby="im-title">
      <header class="edit-head"><div class="edit-title"><h2 id="im-title">{data.name}</h2><p class="edit-tags"><span class="code">{data.code}</span></p></div>
        {data.item ? <a class="btn btn-secondary btn-sm" href={hrefOf('list', 'item', data.item)}>{t('imports.open_item', { code: data.item })}</a> : <Button size="sm" variant={chosen ? 'secondary' : 'primary'} icon={chosen ? 'check' : 'plus'} onClick={onPick}>{t(chosen ? 'imports.chosen' : 'imports.choose')}</Button>}
      </header>
      <dl class="raw" lang="zh-CN">{rows.map(([key, lines]) => <div key={key}><dt>{tk(`p.${key}`)}</dt><dd>{lines.map((w, i) => <p key={i}>{w}</p>)}</dd></div>)}</dl>
    </article>
  );
}

function FlagDialog({ codes, open, onClose, onDone }: { codes: Imported[]; open: boolean; onClose: () => void; onDone: () => void }): JSX.Element {
  const domain = useSignal('cross'), why = useSignal(''), busy = useSignal(false), problem = useSignal('');
  const run = async (): Promise<void> => {
    if (!why.value.trim()) {
      problem.value = t('why.missing');
      document.getElementById('flag-why')?.focus();
      return;
    }
    busy.value = true;
    problem.value = '';
    try {
      const { draft } = await api.flag(codes.map((c) => c.code), domain.value, why.value.trim());
      toast(t('imports.done', { code: draft.key }), 'success');
      onDone();
      void refresh();
      go('list', 'item', draft.key);
      keepFocus('#edit-title');
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
    }
    busy.value = false;
  };
  return (
    <Dialog open={open} title={t('imports.flag')} onClose={onClose} footer={<><Button onClick={onClose}>{t('cancel')}</Button><Button variant="primary" busy={busy.value} onClick={() => void run()}>{t('imports.flag_go')}</Button></>}>
      <p>{t('imports.flag_text')}</p>
      <ul class="plain">{codes.map((c) => <li key={c.code}><Icon name="doc" /><span>{c.name}<br /><span class="code">{c.code}</span></span></li>)}</ul>
      <label class="pick"><span>{t('f.domain')}</span><select class="input" value={domain.value} onChange={(e) => (domain.value = e.currentTarget.value)}>{CHOICES.domain.map((d) => <option key={d} value={d}>{tk(`o.domain.${d}`)}</option>)}</select></label>
      <div class="fld"><label class="fld-label" for="flag-why">{t('why')}</label><textarea id="flag-why" class="input grow" rows={2} maxLength={500} value={why.value} aria-invalid={!!problem.value} onInput={(e) => (why.value = written(e.currentTarget))} />
        <p class="field-problem" role="alert">{problem.value && <><Icon name="warning" />{problem.value}</>}</p></div>
    </Dialog>
  );
}

export function ImportsView(): JSX.Element {
  const q = useSignal(''), page = useSignal(1), flagged = useSignal(''), chosen = useSignal<Imported[]>([]), asking = useSignal(false);
  const { data, busy, problem, again } = useLoad((stop) => api.imports(q.value, flagged.value, page.value, stop), [q.value, flagged.value, page.value], q.value ? QUIET_MS : 0);
  const pages = data ? Math.max(1, Math.ceil(data.total / 20)) : 1;
  const toggle = (line: Imported): void => { chosen.value = chosen.value.some((c) => c.code === line.code) ? chosen.value.filter((c) => c.code !== line.code) : [...chosen.value, line].slice(-20); };
  const box = useRef<HTMLUListElement>(null), turned = useRef(false);
  const turn = (by: 1 | -1): void => { turned.current = true; page.value += by; };
  useLayoutEffect(() => {
    box.current?.scrollTo?.({ top: 0 });
    if (turned.current) box.current?.querySelector<HTMLElement>('.row')?.focus();
    turned.current = false;
  }, [data?.page]);
  const open = data?.items.find((i) => i.code === detail.value);
  return (
    <div class={cx('split', detail.value && 'split-open')}>
      <section class="split-list" aria-labelledby="view-title">
        <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.imports')}</h2><p>{t('imports.text')}</p></header>
        <div class="list-tools">
          <label class="sr-only" for="im-q">{t('imports.search')}</label>
          <div class="search-field"><Glyph name="search" /><input id="im-q" class="input" type="search" maxLength={200} value={q.value} placeholder={t('imports.search')} onInput={(e) => { q.value = e.currentTarget.value; page.value = 1; }} /></div>
          <label class="pick"><span>{t('imports.flagged')}</span><select class="input" value={flagged.value} onChange={(e) => { flagged.value = e.currentTarget.value; page.value = 1; }}><option value="">{t('filter.any')}</option><option value="yes">{t('yes')}</option><option value="no">{t('no')}</option></select></label>
        </div>
        <p class="list-count" role="status">{data && !busy ? t('list.count', { n: data.total }) : ''}</p>
        {problem ? <Retry problem={problem} again={again} /> : !data ? <div class="pad"><Skeleton lines={6} /></div> : data.items.length === 0 ? <div class="nothing"><Glyph name="search" /><p>{t(q.value || flagged.value ? 'list.empty' : 'imports.none')}</p></div> : (
          <ul class={cx('rows', 'rows-box', busy && 'rows-busy')} ref={box}>
            {data.items.map((line) => (
              <li key={line.code} class="row-pick">
                {!line.item && <input type="checkbox" aria-label={t('imports.choose_one', { name: line.name })} checked={chosen.value.some((c) => c.code === line.code)} onChange={() => toggle(line)} />}
                <a class={cx('row', detail.value === line.code && 'row-on')} href={hrefOf('imports', line.code)} aria-current={detail.value === line.code ? 'true' : undefined}>
                  <span class="row-name" lang="zh-CN">{line.name}</span><span class="row-note" lang="zh-CN">{line.department}{line.area_name?.[lang.value] ? ` · ${line.area_name[lang.value]}` : ''}</span>
                  {line.item && <span class="row-tags"><span class="tag">{line.item}</span></span>}
                </a>
              </li>
            ))}
          </ul>
        )}
        {pages > 1 && <nav class="pager" aria-label={t('pages')}><Button size="sm" disabled={page.value <= 1} onClick={() => turn(-1)}>{t('page.back')}</Button><span class="num">{page.value} / {pages}</span><Button size="sm" disabled={page.value >= pages} onClick={() => turn(1)}>{t('page.next')}</Button></nav>}
        {chosen.value.length > 0 && <div class="chosen"><span>{t('imports.n', { n: chosen.value.length })}</span><Button size="sm" variant="quiet" onClick={() => (chosen.value = [])}>{t('filter.clear')}</Button><Button size="sm" variant="primary" onClick={() => (asking.value = true)}>{t('imports.flag')}</Button></div>}
      </section>
      <section class="split-detail" aria-label={t('imports.detail')}>
        {detail.value && <p class="back"><a class="btn btn-quiet btn-sm" href={hrefOf('imports')}>{t('back')}</a></p>}
        {detail.value ? <Detail key={detail.value} code={detail.value} chosen={chosen.value.some((c) => c.code === detail.value)} onPick={() => { if (open) toggle(open); }} /> : <div class="nothing nothing-tall"><Icon name="doc" /><p>{t('imports.pick')}</p></div>}
      </section>
      <FlagDialog codes={chosen.value} open={asking.value} onClose={() => (asking.value = false)} onDone={() => { chosen.value = []; asking.value = false; }} />
    </div>
  );
}
