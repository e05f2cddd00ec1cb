/** The second person's view: what was changed, how it would read, what is wrong; agree or send back. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Answer } from '../lib/cards/answer';
import { moment } from '../lib/format';
import { Icon } from '../lib/icons';
import { toast } from '../lib/overlay';
import { lang } from '../lib/prefs';
import type { Lang } from '../lib/types';
import { Button, cx, Segmented, Skeleton } from '../lib/ui';
import * as api from './api';
import type { Draft, DraftShown } from './api';
import { detail, editor, ended, go, hrefOf, refresh, round } from './app';
import { Changes } from './diff';
import { StateBadge } from './editor';
import { fieldIn, Problems } from './fields';
import { focusOn } from './focus';
import { useLoad } from './load';
import { Retry } from './side';
import { t, tk } from './text';
import { said } from './work';
import { written } from './written';

function Line({ draft }: { draft: Draft }): JSX.Element {
  const mine = draft.authors.some((a) => a.id === editor.value?.id);
  return (
    <li>
      <a class={cx('row', detail.value === draft.id && 'row-on')} href={hrefOf('review', draft.id)} aria-current={detail.value === draft.id ? 'true' : undefined}>
        <span class="row-name">{draft.name[lang.value]}</span>
        <span class="row-tags"><span class="code">{draft.key}</span>{draft.withdraw && <span class="tag tag-warn">{t('row.withdraw')}</span>}{mine && <span class="tag">{t('review.mine')}</span>}{draft.stale && <span class="tag tag-warn">{t('review.stale')}</span>}</span>
        <span class="row-note">{draft.updated_by.name} · {moment(draft.updated_at)}</span>
      </a>
    </li>
  );
}

function Cards({ shown }: { shown: DraftShown }): JSX.Element | null {
  const as = useSignal<Lang>(lang.peek());
  const { draft } = shown;
  const { data } = useLoad(() => (draft.body && draft.kind === 'item' ? api.preview({ kind: draft.kind, key: draft.key, body: draft.body, city: null, facet: null }) : Promise.resolve(null)), [draft.id, draft.version]);
  const card = data?.cards?.[as.value];
  if (draft.kind !== 'item' || draft.withdraw) return null;
  return (
    <section class="panel" aria-labelledby="rv-card">
      <h3 id="rv-card">{t('review.card')}</h3>
      <Segmented label={t('preview.lang')} name="rv-lang" value={as.value} onChange={(v) => (as.value = v)} options={[{ value: 'zh', label: '中文', lang: 'zh-CN' }, { value: 'en', label: 'English', lang: 'en' }]} />
      {card ? <Answer card={card} host={{}} /> : data ? <p class="empty-note">{t('preview.broken')}</p> : <Skeleton lines={5} />}
    </section>
  );
}

function Decide({ shown, onDone }: { shown: DraftShown; onDone: () => void }): JSX.Element {
  const { draft, may } = shown;
  const note = useSignal(''), missing = useSignal(false), busy = useSignal<'approve' | 'return' | null>(null), problem = useSignal('');
  const act = async (what: 'approve' | 'return'): Promise<void> => {
    const why = note.value.trim() || (what === 'approve' ? t('review.default') : '');
    if (!why) {
      missing.value = true;
      document.getElementById('rv-note')?.focus();
      return;
    }
    busy.value = what;
    problem.value = '';
    try {
      await api.step(draft.id, what, draft.version, why);
      toast(t(what === 'approve' ? 'review.approved' : 'review.returned'), 'success');
      onDone();
    } catch (error) {
      if (!ended(error)) problem.value = said(error);
    }
    busy.value = null;
  };
  if (draft.state === 'approved') return <p class="note tone-success"><Icon name="success" /><span>{t('review.is_approved', { name: draft.reviewer?.name ?? '' })}</span><Button size="sm" onClick={() => go('publish')}>{t('go.publish')}</Button></p>;
  if (draft.state !== 'in_review') return <p class="note tone-info"><Icon name="info" /><span>{t('review.not_waiting')}</span></p>;
  if (!may.review) return <p class="note tone-info"><Icon name="info" /><span>{t('review.not_you')}</span></p>;
  return (
    <div class="decide">
      <label class="fld-label" for="rv-note">{t('review.note')}</label>
      <textarea id="rv-note" class="input grow" rows={2} maxLength={500} value={note.value} aria-invalid={missing.value} aria-describedby="rv-problem" onInput={(e) => { note.value = written(e.currentTarget); missing.value = false; }} />
      <p id="rv-problem" class="field-problem" role="alert">{missing.value ? <><Icon name="warning" />{t('review.note_missing')}</> : problem.value && <><Icon name="warning" />{problem.value}</>}</p>
      <div class="decide-buttons">
        <Button icon="up" busy={busy.value === 'return'} onClick={() => void act('return')}>{t('review.return')}</Button>
        <Button variant="primary" icon="check" busy={busy.value === 'approve'} onClick={() => void act('approve')}>{t('review.approve')}</Button>
      </div>
    </div>
  );
}

function Detail({ id }: { id: string }): JSX.Element {
  const { data, problem, again } = useLoad(() => api.draft(id), [id, lang.value]);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => { if (data) head.current?.focus(); }, [data?.draft.id]);
  if (problem) return <Retry problem={problem} again={again} />;
  if (!data) return <div class="pad"><Skeleton lines={8} /></div>;
  const { draft, changes, findings } = data;
  const done = (): void => { void refresh(); again(); focusOn('#rv-title'); };
  return (
    <article class="review" aria-labelledby="rv-title">
      <header class="edit-head">
        <div class="edit-title">
          <h2 id="rv-title" ref={head} tabIndex={-1}>{draft.name[lang.value]}</h2>
          <p class="edit-tags"><span class="code">{draft.key}</span><span class="muted">{tk(`k.${draft.kind}`)}</span><StateBadge state={draft.state} /></p>
        </div>
        <a class="btn btn-secondary btn-sm" href={hrefOf('list', draft.kind, draft.key)}>{t('review.open')}</a>
      </header>
      <div class="review-body">
        <dl class="who-why">
          <div><dt>{t('review.who')}</dt><dd>{draft.authors.map((a) => a.name).join('、')}</dd></div>
          <div><dt>{t('review.when')}</dt><dd>{moment(draft.updated_at)}</dd></div>
          <div><dt>{t('why')}</dt><dd>{draft.why}</dd></div>
        </dl>
        {draft.withdraw && <p class="note tone-warning"><Icon name="warning" /><span>{t('review.withdraw')}</span></p>}
        {findings.length > 0 && <section class="panel"><h3>{t('findings')}</h3><Problems found={findings} named={fieldIn(draft.body)} /></section>}
        <section class="panel" aria-labelledby="rv-changes">
          <h3 id="rv-changes">{t('changes.n', { n: changes.length })}</h3>
          <Changes changes={changes} left={t('diff.published')} right={t('diff.draft')} />
        </section>
        <Cards shown={data} />
      </div>
      <footer class="review-foot"><Decide shown={data} onDone={done} /></footer>
    </article>
  );
}

export function ReviewView(): JSX.Element {
  const { data, problem, again } = useLoad(() => api.drafts(), [round.value, lang.value]);
  const waiting = data?.drafts.filter((d) => d.state === 'in_review') ?? [];
  const writing = data?.drafts.filter((d) => d.state === 'editing') ?? [];
  return (
    <div class={cx('split', detail.value && 'split-open')}>
      <section class="split-list" aria-labelledby="view-title">
        <header class="page-head"><h2 id="view-title" tabIndex={-1}>{t('view.review')}</h2></header>
        {problem ? <Retry problem={problem} again={again} /> : !data ? <div class="pad"><Skeleton lines={5} /></div> : (
          <>
            {waiting.length ? <ul class="rows">{waiting.map((d) => <Line key={d.id} draft={d} />)}</ul> : <div class="nothing"><Icon name="success" /><p>{t('review.none')}</p></div>}
            {writing.length > 0 && <><h3 class="rows-title">{t('review.writing')}</h3><ul class="rows">{writing.map((d) => <Line key={d.id} draft={d} />)}</ul></>}
          </>
        )}
      </section>
      <section class="split-detail" aria-label={t('review.detail')}>
        {detail.value && <p class="back"><a class="btn btn-quiet btn-sm" href={hrefOf('review')}>{t('back')}</a></p>}
        {detail.value ? <Detail key={detail.value} id={detail.value} /> : <div class="nothing nothing-tall"><Icon name="eye" /><p>{t('review.pick')}</p></div>}
      </section>
    </div>
  );
}
