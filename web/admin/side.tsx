/** The right column: what residents would read, what changed, the cities compared, history, tasks. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { Answer } from '../lib/cards/answer';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { tl } from '../lib/i18n';
import { lang } from '../lib/prefs';
import type { City, Facet } from '../lib/types';
import { Button, cx, Skeleton, Spinner } from '../lib/ui';
import * as api from './api';
import { side, work as current, type Side } from './app';
import { Changes } from './diff';
import { fieldIn, Problems } from './fields';
import { keyOf } from './keys';
import { useLoad } from './load';
import { TaskList } from './tasks';
import { t } from './text';
import { PREVIEW, type Work } from './work';

export const SIDES: readonly Side[] = ['preview', 'changes', 'cities', 'history', 'tasks'];
const FACETS: readonly Facet[] = ['overview', 'documents', 'time', 'fee', 'where', 'channels', 'eligibility', 'steps', 'which_city', 'result', 'phone', 'status'];

export function Preview({ work }: { work: Work }): JSX.Element {
  useEffect(() => { PREVIEW.as.value = lang.peek(); }, []);
  const { trial, trialBusy, trialProblem } = work;
  const card = trial.value?.cards?.[PREVIEW.as.value];
  const again = (): void => void work.tryNow();
  if (work.draft?.withdraw) return <p class="empty-note">{t('preview.withdraw')}</p>;
  if (work.kind !== 'item') return <div class="stack"><p class="empty-note">{t('preview.items_only')}</p><Problems found={trial.value?.findings ?? []} named={fieldIn(work.body.value)} /></div>;
  return (
    <div class="stack">
      <div class="preview-tools">
        <label class="pick"><span>{t('preview.lang')}</span>
          <select class="input" value={PREVIEW.as.value} onChange={(e) => (PREVIEW.as.value = e.currentTarget.value as 'zh' | 'en')}>
            <option value="zh">中文</option><option value="en">English</option>
          </select>
        </label>
        <label class="pick"><span>{t('preview.city')}</span>
          <select class="input" value={PREVIEW.city.value ?? ''} onChange={(e) => { PREVIEW.city.value = (e.currentTarget.value || null) as City | null; again(); }}>
            <option value="">{t('preview.both')}</option><option value="shenzhen">{tl('city.shenzhen')}</option><option value="dongguan">{tl('city.dongguan')}</option>
          </select>
        </label>
        <label class="pick"><span>{t('preview.facet')}</span>
          <select class="input" value={PREVIEW.facet.value ?? 'overview'} onChange={(e) => { PREVIEW.facet.value = e.currentTarget.value as Facet; again(); }}>
            {FACETS.map((f) => <option key={f} value={f}>{tl(`facet.${f}`)}</option>)}
          </select>
        </label>
      </div>
      <p class="preview-state" role="status">{trialBusy.value ? <><Spinner />{t('preview.busy')}</> : trialProblem.value ? card && t('preview.behind') : t(work.dirty.value ? 'preview.unsaved' : 'preview.saved')}</p>
      {trialProblem.value && <p class="field-problem" role="alert"><Icon name="warning" />{trialProblem.value}</p>}
      {card ? <div class={cx('preview-card', trialBusy.value && 'rows-busy')}><Answer card={card} host={{}} /></div>
        : trial.value ? <div class="stack"><p class="empty-note">{t('preview.broken')}</p><Problems found={trial.value.findings} named={fieldIn(work.body.value)} /></div>
          : !trialProblem.value && <Skeleton lines={6} />}
    </div>
  );
}

function CitiesTab({ work }: { work: Work }): JSX.Element {
  const draft = work.draft;
  const { data, problem, again } = useLoad(() => api.cities(work.key, draft?.id ?? null), [work.key, draft?.version, lang.value]);
  if (work.kind !== 'item') return <p class="empty-note">{t('cities.items_only')}</p>;
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <Skeleton lines={5} />;
  return <Changes changes={data.changes} left={tl('city.shenzhen')} right={tl('city.dongguan')} empty={t('cities.same')} even />;
}

export function Retry({ problem, again }: { problem: string; again: () => void }): JSX.Element {
  return <div class="nothing"><Icon name="warning" /><p role="alert">{problem}</p><Button size="sm" icon="refresh" onClick={again}>{t('retry')}</Button></div>;
}

function HistoryTab({ work }: { work: Work }): JSX.Element {
  const { data, problem, again } = useLoad(() => (work.shown.value.revision === null ? Promise.resolve({ revisions: [] }) : api.history(work.kind, work.key)), [work.key, work.shown.value.revision, lang.value]);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <Skeleton lines={5} />;
  if (!data.revisions.length) return <p class="empty-note">{t('history.none')}</p>;
  return (
    <ol class="history">
      {data.revisions.map((r) => (
        <li key={r.number}>
          <p class="history-head"><b>{t('record.revision', { n: r.number })}</b><time dateTime={r.at}>{moment(r.at)}</time></p>
          <p class="history-who">
            {t(r.origin === 'desk' ? 'history.desk' : 'history.file', { name: r.origin === 'seed' ? t('history.seed') : r.who.name })}
            {r.reviewer && ` · ${t('history.reviewer', { name: r.reviewer.name })}`}
            {r.versions[0] !== undefined && ` · ${t('history.version', { n: r.versions[0] })}`}
          </p>
          {r.why && r.origin !== 'seed' && <p class="history-why">{r.why}</p>}
          {r.withdrawn ? <p class="empty-note">{t('history.withdrawn')}</p>
            : r.changes.length > 0 && <details><summary>{t('changes.n', { n: r.changes.length })}</summary><Changes changes={r.changes} /></details>}
        </li>
      ))}
    </ol>
  );
}

function Tab({ of, work }: { of: Side; work: Work }): JSX.Element {
  switch (of) {
    case 'preview': return <Preview work={work} />;
    case 'changes': return <Changes changes={work.trial.value?.changes ?? []} left={t('diff.published')} right={t('diff.draft')} empty={t('diff.same')} />;
    case 'cities': return <CitiesTab work={work} />;
    case 'history': return <HistoryTab work={work} />;
    case 'tasks': return work.shown.value.tasks.length ? <TaskList tasks={work.shown.value.tasks} /> : <p class="empty-note">{t('tasks.none')}</p>;
  }
}

export function SidePane(): JSX.Element {
  const work = current.value;
  const press = (e: KeyboardEvent): void => {
    const by = e.key === 'ArrowRight' ? 1 : e.key === 'ArrowLeft' ? -1 : 0;
    if (!by) return;
    e.preventDefault();
    side.value = SIDES[(SIDES.indexOf(side.peek()) + by + SIDES.length) % SIDES.length] ?? 'preview';
    setTimeout(() => document.getElementById(`side-${side.peek()}`)?.focus());
  };
  const count = (of: Side): number => (of === 'changes' ? (work?.trial.value?.changes.length ?? 0) : of === 'tasks' ? (work?.shown.value.tasks.length ?? 0) : 0);
  return (
    <>
      <h2 class="sr-only">{t('side')}</h2>
      <div class="tabs side-tabs" role="tablist" aria-label={t('side')} onKeyDown={press}>
        {SIDES.map((of) => (
          <button
            key={of} id={`side-${of}`} type="button" role="tab" class={cx('tab', side.value === of && 'tab-on')} aria-selected={side.value === of} aria-controls="side-panel" tabIndex={side.value === of ? 0 : -1}
            title={`${t(`side.${of}`)}（${keyOf(of)}）`} aria-keyshortcuts={keyOf(of)} onClick={() => (side.value = of)}
          >
            {t(`side.${of}`)}{count(of) > 0 && <b class="num">{count(of)}</b>}
          </button>
        ))}
      </div>
      <div class="side-body" id="side-panel" role="tabpanel" aria-labelledby={`side-${side.value}`} tabIndex={0}>
        {work ? <Tab key={work.key + side.value} of={side.value} work={work} /> : <p class="empty-note">{t('side.empty')}</p>}
      </div>
    </>
  );
}

