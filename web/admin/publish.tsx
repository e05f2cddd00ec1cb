/** Publishing: the approved drafts, what they change, when and why; and what is scheduled. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import { Button, cx, Skeleton } from '../lib/ui';
import * as api from './api';
import { ApiError, type Draft, type Finding } from './api';
import { ended, go, hrefOf, isAdmin, overview, refresh, round } from './app';
import { Changes } from './diff';
import { Problems, whereName } from './fields';
import { keepFocus } from './focus';
import { useLoad } from './load';
import { Retry } from './side';
import { t } from './text';
import { said } from './work';
import { written } from './written';

function Approved({ draft, on, onChange }: { draft: Draft; on: boolean; onChange: (on: boolean) => void }): JSX.Element {
  const open = useSignal(false), shown = useSignal<api.DraftShown | null>(null), problem = useSignal('');
  const toggle = (now: boolean): void => {
    open.value = now;
    if (now && !shown.value) api.draft(draft.id).then((d) => (shown.value = d), (error: unknown) => { if (!ended(error)) problem.value = said(error); });
  };
  return (
    <li class="ready">
      <label class="ready-head">
        <input type="checkbox" checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />
        <span><b>{draft.name[lang.value]}</b><span class="row-tags"><span class="code">{draft.key}</span>{draft.withdraw && <span class="tag tag-warn">{t('row.withdraw')}</span>}{draft.stale && <span class="tag tag-warn">{t('review.stale')}</span>}</span></span>
      </label>
      <p class="row-note">{t('publish.by', { author: draft.authors.map((a) => a.name).join('、'), reviewer: draft.reviewer?.name ?? '' })}</p>
      <details onToggle={(e) => toggle(e.currentTarget.open)}>
        <summary>{t('publish.changes')}</summary>
        {problem.value ? <p class="field-problem">{problem.value}</p> : open.value && (shown.value ? <Changes changes={shown.value.changes} left={t('diff.published')} right={t('diff.draft')} /> : <Skeleton lines={2} />)}
      </details>
    </li>
  );
}

/** A time of day in both cities (`2026-12-01T09:00`) as an instant. */
export const inCityTime = (local: string): string => `${local}:00+08:00`;
/** An instant as a time of day in both cities. */
export const cityTime = (at: number): string => new Date(at + 8 * 3_600_000).toISOString().slice(0, 16);

/** Why a version cannot be scheduled for `local`; null when it can. */
export const wrongTime = (local: string, now = Date.now()): 'publish.at_missing' | 'publish.at_past' | null =>
  !local ? 'publish.at_missing' : Date.parse(inCityTime(local)) <= now ? 'publish.at_past' : null;

function Form({ drafts }: { drafts: Draft[] }): JSX.Element {
  const off = useSignal<ReadonlySet<string>>(new Set());
  const why = useSignal(''), later = useSignal(false), when = useSignal(''), busy = useSignal(false), problem = useSignal(''), gaps = useSignal<ReadonlyMap<string, 'why.missing' | 'publish.at_missing' | 'publish.at_past'>>(new Map()), findings = useSignal<Finding[]>([]);
  const chosen = drafts.filter((d) => !off.value.has(d.id));
  const go_ = async (event: Event): Promise<void> => {
    event.preventDefault();
    const wrong = later.value ? wrongTime(when.value) : null;
    gaps.value = new Map([...(why.value.trim() ? [] : [['pub-why', 'why.missing'] as const]), ...(wrong ? [['pub-when', wrong] as const] : [])]);
    const [first] = gaps.value.keys();
    if (first) return document.getElementById(first)?.focus();
    busy.value = true;
    problem.value = '';
    findings.value = [];
    try {
      const { version } = await api.publish({ drafts: chosen.map((d) => d.id), why: why.value.trim(), effective_at: later.value ? inCityTime(when.value) : null });
      toast(version.state === 'scheduled' ? t('publish.scheduled', { n: version.number }) : t('publish.done', { n: version.number }), 'success', 9000);
      await refresh();
      go('versions');
      keepFocus('#view-title');
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
      if (error instanceof ApiError) findings.value = (error.wire?.details?.findings as Finding[] | undefined) ?? [];
    }
    busy.value = false;
  };
  return (
    <form class="stack" onSubmit={(e) => void go_(e)} noValidate>
      <fieldset>
        <legend class="fld-label">{t('publish.which', { n: chosen.length, all: drafts.length })}</legend>
        <ul class="ready-list">{drafts.map((d) => <Approved key={d.id} draft={d} on={!off.value.has(d.id)} onChange={(on) => { const next = new Set(off.value); if (on) next.delete(d.id); else next.add(d.id); off.value = next; }} />)}</ul>
      </fieldset>
      <div class="panel stack">
        <div class="fld"><label class="fld-label" for="pub-why">{t('publish.why')}</label>
          <textarea id="pub-why" class="input grow" rows={2} maxLength={500} value={why.value} aria-invalid={gaps.value.has('pub-why')} onInput={(e) => (why.value = written(e.currentTarget))} />
          {gaps.value.has('pub-why') && <p class="field-problem" role="alert"><Icon name="warning" />{t('why.missing')}</p>}
        </div>
        <fieldset class="fld"><legend class="fld-label">{t('publish.when')}</legend>
          <label class="radio"><input type="radio" name="when" checked={!later.value} onChange={() => (later.value = false)} /><span>{t('publish.now')}</span></label>
          <label class="radio"><input type="radio" name="when" checked={later.value} onChange={() => (later.value = true)} /><span>{t('publish.later')}</span></label>
          {later.value && <div class="fld"><label class="fld-label" for="pub-when">{t('publish.at')}</label><input id="pub-when" class="input" type="datetime-local" min={cityTime(Date.now())} value={when.value} aria-invalid={gaps.value.has('pub-when')} aria-describedby="pub-when-bad" onInput={(e) => { when.value = e.currentTarget.value; gaps.value = new Map([...gaps.value].filter(([id]) => id !== 'pub-when')); }} />
            <p class="field-problem" id="pub-when-bad" role="alert">{gaps.value.has('pub-when') && <><Icon name="warning" />{t(gaps.value.get('pub-when') ?? 'publish.at_missing')}</>}</p></div>}
        </fieldset>
        {problem.value && <p class="note tone-urgent" role="alert"><Icon name="warning" /><span>{problem.value}</span></p>}
        <Problems found={findings.value} named={whereName} />
        <Button type="submit" variant="primary" size="lg" icon="check" busy={busy.value} disabled={chosen.length === 0}>{t(later.value ? 'publish.schedule' : 'publish.go', { n: chosen.length })}</Button>
      </div>
    </form>
  );
}

function Scheduled(): JSX.Element | null {
  const { data } = useLoad(() => api.versions(), [round.value]);
  const waiting = data?.versions.filter((v) => v.state === 'scheduled') ?? [];
  const busy = useSignal(false);
  if (!waiting.length) return null;
  const cancel = async (n: number): Promise<void> => {
    busy.value = true;
    try {
      await api.onVersion(n, 'cancel', t('publish.cancel_why'));
      toast(t('publish.cancelled', { n }), 'success');
      await refresh();
      keepFocus('#sched', '#view-title');
    } catch (error) {
      if (!ended(error)) toast(said(error), 'warning');
    }
    busy.value = false;
  };
  return (
    <section class="panel" aria-labelledby="sched">
      <h3 id="sched" tabIndex={-1}>{t('publish.waiting')}</h3>
      <ul class="plain">
        {waiting.map((v) => (
          <li key={v.number}><Icon name="clock" /><span><b>{t('version.n', { n: v.number })}</b> · {moment(v.effective_at ?? v.made_at)}<br />{v.who.name}：{v.why}</span>{isAdmin.value && <Button size="sm" busy={busy.value} onClick={() => void cancel(v.number)}>{t('publish.cancel')}</Button>}</li>
        ))}
      </ul>
    </section>
  );
}

export function PublishView(): JSX.Element {
  const { data, problem, again } = useLoad(() => api.drafts('approved'), [round.value, lang.value]);
  const ready = data?.drafts.filter((d) => d.scheduled_in === null) ?? [];
  return (
    <div class={cx('page')}>
      <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.publish')}</h2><p>{t('publish.text', { v: overview.value?.list_version ?? '', n: overview.value?.number ?? 0 })}</p></header>
      <Scheduled />
      {problem ? <Retry problem={problem} again={again} /> : !data ? <Skeleton lines={5} />
        : ready.length ? <Form drafts={ready} /> : <div class="nothing"><Icon name="info" /><p>{t('publish.none')}</p><a class="btn btn-secondary btn-sm" href={hrefOf('review')}>{t('go.review')}</a></div>}
    </div>
  );
}
